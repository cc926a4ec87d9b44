"""What every end-to-end test finds: the sample webhooks are delivered already."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.e2e.pages import ARGUMENTS, CHROMIUM
from tests.local_stack.samples.demonstration import Demonstration, Row
from tests.local_stack.stack import LocalStack
from tests.local_stack.subscriber import Subscriber


@pytest.fixture(scope="session", autouse=True)
def demonstrated(stack: LocalStack) -> list[Row]:
    """Return what became of the sample webhooks, delivered to the untouched stack."""
    return list(Demonstration(stack).run())


@pytest.fixture(scope="session")
def subscriber(stack: LocalStack) -> Subscriber:
    """Return what hears all that the event bus says from now on."""
    return Subscriber(stack)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Chromium; tests that use it are marked `needs_chromium`."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser window that nobody has used before."""
    with browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900}) as made:
        made.set_default_timeout(30_000)
        yield made
