"""Signing in with Amazon Cognito in a real browser, against the local AWS's user pools.

They check PKCE, sign tokens and show pages of their own, under another host than this page's, as AWS does: so
browsers hold its cookies to what they are for. They have no second factor, and not the look of managed login.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import boto3
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.pages import NAME, PHONE, WIDE, check, link_of, needs_chromium
from tests.local_stack import connection
from tests.local_stack.stack import STAGE, LocalStack

pytestmark = needs_chromium

PASSWORD = "a-Password-of-1-person"
EMAIL = "ada@example.com"
SIGN_IN = {"en": "Sign in with your account", "nl": "Aanmelden met uw account"}


@dataclass
class Pool:
    client: Any
    id: str

    def person(self, email: str, *groups: str) -> None:
        """Make an account, as an administrator does, with its password set already."""
        verified = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        of = {"UserPoolId": self.id, "Username": email}
        self.client.admin_create_user(**of, UserAttributes=verified, MessageAction="SUPPRESS")
        self.client.admin_set_user_password(**of, Password=PASSWORD, Permanent=True)
        for group in groups:
            self.client.admin_add_user_to_group(**of, GroupName=group)


@pytest.fixture(scope="module")
def pool(stack: LocalStack) -> Iterator[Pool]:
    """Give the page a user pool; on the local AWS the page's address is only known once it is deployed."""
    url, aws = stack.description.console_url, _client(stack, "cognito-idp")
    pool = aws.create_user_pool(PoolName="page", UsernameAttributes=["email"])["UserPool"]
    client = aws.create_user_pool_client(
        UserPoolId=pool["Id"],
        ClientName="page",
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email"],
        SupportedIdentityProviders=["COGNITO"],
        CallbackURLs=[f"{url}/callback"],
        LogoutURLs=[f"{url}/sign-in"],
    )["UserPoolClient"]["ClientId"]
    for group in (f"{connection.NAME}:repair", f"{NAME}:look"):
        aws.create_group(UserPoolId=pool["Id"], GroupName=group)
    variables = {
        "sign_in": stack.description.endpoint_url.replace("127.0.0.1", "localhost"),
        "issuer": f"https://cognito-idp.{aws.meta.region_name}.amazonaws.com/{pool['Id']}",
        "client": client,
        "page": url,
    }
    _set(
        stack,
        [
            {"op": "replace", "path": f"/variables/{name}", "value": value}
            for name, value in variables.items()
        ],
    )
    made = Pool(aws, pool["Id"])
    made.person(EMAIL, f"{connection.NAME}:repair", f"{NAME}:look")
    made.person("nobody@example.com")
    yield made
    _set(stack, [{"op": "remove", "path": f"/variables/{name}"} for name in variables])


def _client(stack: LocalStack, service: str) -> Any:  # noqa: ANN401  # their types are not installed
    functions = stack.aws.functions.meta
    return boto3.client(
        cast("Any", service),
        endpoint_url=stack.description.endpoint_url,
        region_name=functions.region_name,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def _set(stack: LocalStack, changes: list[dict[str, str]]) -> None:
    api = stack.description.console_url.partition("/restapis/")[2].partition("/")[0]
    _client(stack, "apigateway").update_stage(restApiId=api, stageName=STAGE, patchOperations=changes)


def at_cognito(page: Page, email: str) -> None:
    """Sign in on Cognito's page."""
    page.locator("input[name=username]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button, input[type=submit]").first.click()


def begun(stack: LocalStack, context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(f"{stack.description.console_url}/sign-in")
    page.get_by_role("link", name="Sign in with your account").click()
    assert page.url.startswith("http://localhost")
    return page


def test_person_signs_in_chooses_changes_and_signs_out(
    stack: LocalStack, pool: Pool, context: BrowserContext
) -> None:
    page = begun(stack, context)
    at_cognito(page, EMAIL)
    expect(page.get_by_role("heading", name="What do you want to open?")).to_be_visible()
    page.get_by_role("button", name=NAME).click()
    expect(page.get_by_text(f"Signed in as {EMAIL}")).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text(NAME)

    page.get_by_role("link", name="Other connection").click()
    at_cognito(page, EMAIL)
    page.get_by_role("button", name=connection.NAME).click()
    expect(page.get_by_role("banner")).to_contain_text(connection.NAME)

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    answer = page.goto(f"{stack.description.console_url}/overview")
    assert answer is not None
    assert answer.status == 401


def test_answer_that_began_in_another_browser_is_refused(
    stack: LocalStack, pool: Pool, context: BrowserContext, browser: Browser
) -> None:
    page = begun(stack, context)
    with page.expect_request(lambda request: "/callback?" in request.url) as brought:
        page.route("**/callback?*", lambda route: route.abort())
        at_cognito(page, EMAIL)

    with browser.new_context(locale="en-GB") as other:
        answer = other.new_page().goto(brought.value.url)

    assert answer is not None
    assert answer.status == 401


def test_who_is_in_no_group_gets_nowhere(stack: LocalStack, pool: Pool, context: BrowserContext) -> None:
    page = begun(stack, context)

    at_cognito(page, "nobody@example.com")

    expect(page.get_by_role("alert")).to_contain_text("Your account is in no group")
    check(page, "no-group", PHONE)
    page.get_by_role("link", name="Sign in as somebody else").click()
    expect(page.get_by_role("link", name="Sign in with your account")).to_be_visible()


def test_link_works_beside_the_user_pool(stack: LocalStack, pool: Pool, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(link_of(stack))
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", SIGN_IN)
def test_pages_fit_and_can_be_used_by_everybody(
    stack: LocalStack, pool: Pool, browser: Browser, size: tuple[int, int], language: str
) -> None:
    with browser.new_context(locale=language) as made:
        page = made.new_page()
        page.goto(f"{stack.description.console_url}/sign-in")
        check(page, f"sign-in-{language}", size)
        page.get_by_role("link", name=SIGN_IN[language]).click()
        at_cognito(page, EMAIL)
        check(page, f"choose-{language}", size)
        page.get_by_role("button", name=NAME).click()
        check(page, f"overview-cognito-{language}", size)
