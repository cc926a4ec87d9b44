"""The page for bookkeepers in Chromium: signing in, and what every page must pass."""

import json
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.local_stack import connection
from tests.local_stack.paths import STATE
from tests.local_stack.stack import LocalStack

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]
NAME = "bookkeeper"
WIDE, PHONE = (1280, 900), (360, 780)
ADDRESSES = ("overview", "needs-you", "documents", "mapping", "activity")
SCREENSHOTS = STATE / "screenshots"

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed (Debian: apt install chromium)"
)


def link_of(stack: LocalStack, name: str = NAME, role: str = "repair") -> str:
    """Make a link for Ada, as `accounting-sync console open` does."""
    asked = {"task": "console.open", "connection": name, "person": "Ada", "role": role}
    answer = stack.aws.functions.invoke(
        FunctionName=stack.description.console_function, Payload=json.dumps(asked)
    )
    return f"{stack.description.console_url}/sign-in?link={json.load(answer['Payload'])['token']}"


def signed_in(context: BrowserContext, link: str) -> Page:
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    return page


def book_by(stack: LocalStack, of: str = NAME, /, **changed: object) -> None:
    """Change the booking settings of a connection behind the page's back."""
    settings = json.dumps({**connection.BOOKING_SETTINGS, **changed})
    name = f"/{connection.PREFIX}{of}"
    stack.aws.ssm.put_parameter(Name=name, Type="String", Value=settings, Overwrite=True)


def check(page: Page, name: str, size: tuple[int, int]) -> None:
    """Check that what is shown fits the screen and can be used by everybody; leave a picture of it."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}-{size[0]}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}\n{found.generate_report()}"
