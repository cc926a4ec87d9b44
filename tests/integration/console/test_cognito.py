"""Signing in with Amazon Cognito: who is let in, and what is refused on the way."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import requests
from moto import mock_aws
from responses import RequestsMock

from console.cognito import LIFE, SKEW, Attempt, claims_of
from console.pages import ATTEMPT_COOKIE
from tests.harness.cognito import CLIENT, DOMAIN, PAGE, VARIABLES, Claims, FakeCognito, address_of
from tests.harness.console import Answer, Browser, ConsoleWorld
from tests.harness.world import CONNECTION

REFUSED = "Signing in did not work"


@pytest.fixture(scope="module")
def world() -> Iterator[ConsoleWorld]:
    """Have one world for all tests here: each has browsers, and so attempts and sessions, of its own."""
    with mock_aws():
        yield ConsoleWorld.made()


@pytest.fixture
def cognito(world: ConsoleWorld) -> Iterator[FakeCognito]:
    # moto answers requests as well, and would answer before this
    with RequestsMock(assert_all_requests_are_fired=False) as network:
        made = FakeCognito(world.sync.clock, groups=(f"{CONNECTION}:repair",))
        made.serve(network)
        yield made


@pytest.fixture
def browser(world: ConsoleWorld) -> Browser:
    made = world.browser()
    made.variables = VARIABLES
    return made


def begun(browser: Browser) -> str:
    """Begin; return where the browser is sent."""
    answer = browser.get("begin")
    assert answer.status == 303
    return str(answer.headers["Location"])


def back(browser: Browser, cognito: FakeCognito) -> Answer:
    """Sign in at Cognito, and come back."""
    return browser.get("callback", **cognito.sign_in(begun(browser)))


def offers(answer: Answer) -> dict[str, str]:
    """Return the connections that are offered, each with its link."""
    found = re.findall(r'name="link" value="([^"]+)">\s*<button>([^<]+)</button>', answer.body)
    return {connection: link for link, connection in found}


def signed_in(browser: Browser, cognito: FakeCognito) -> None:
    (link,) = offers(back(browser, cognito)).values()
    assert browser.post("sign-in", link=link).status == 303


def test_who_signs_in_at_cognito_opens_their_connection(browser: Browser, cognito: FakeCognito) -> None:
    signed_in(browser, cognito)

    shown = browser.get("needs-you")
    assert shown.status == 200
    assert "Signed in as ada@example.com" in shown.body


def test_sign_in_page_leads_to_cognito(browser: Browser) -> None:
    assert 'href="begin"' in browser.get("sign-in").body
    assert 'href="begin"' not in browser.get("sign-in", link="a-link").body


def test_without_a_user_pool_there_is_nothing_of_it(world: ConsoleWorld) -> None:
    browser, before = world.browser(), world.control_items

    assert "begin" not in browser.get("sign-in").body
    assert browser.get("begin").status == 404
    assert browser.get("callback", code="code", state="state").status == 404
    assert world.control_items == before


def test_what_goes_to_cognito_gives_nothing_away(browser: Browser, cognito: FakeCognito) -> None:
    location = begun(browser)
    secret = browser.cookies[ATTEMPT_COOKIE]

    assert address_of(location) == f"{DOMAIN}/oauth2/authorize"
    for kept in (secret, Attempt(secret).verifier):
        assert kept not in location


def test_code_is_exchanged_with_what_cognito_wants(browser: Browser, cognito: FakeCognito) -> None:
    back(browser, cognito)

    (form,) = cognito.asked
    assert form["grant_type"] == "authorization_code"
    assert (form["client_id"], form["redirect_uri"]) == (CLIENT, f"{PAGE}/callback")
    assert 43 <= len(form["code_verifier"]) <= 128
    assert "client_secret" not in form


def test_cookie_of_an_attempt_comes_back_from_cognito_and_from_nowhere_else(browser: Browser) -> None:
    attributes = set(browser.get("begin").headers["Set-Cookie"].split("; ")[1:])

    assert ATTEMPT_COOKIE.startswith("__Host-")
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"} == attributes


def test_table_holds_no_secret_of_an_attempt(
    world: ConsoleWorld, browser: Browser, cognito: FakeCognito
) -> None:
    begun(browser)

    attempt = Attempt(browser.cookies[ATTEMPT_COOKIE])
    kept = str(world.control_items)
    assert "console-attempt#" in kept
    for secret in (attempt.token, attempt.verifier, attempt.state, attempt.nonce):
        assert secret not in kept


def test_wrong_state_is_refused_and_does_not_spoil_the_attempt(
    browser: Browser, cognito: FakeCognito
) -> None:
    brought = cognito.sign_in(begun(browser))

    for state in ("", "0" * 64, f"{brought['state']}0"):
        refused = browser.get("callback", code=brought["code"], state=state)
        assert refused.status == 401
        assert REFUSED in refused.body
    assert cognito.asked == []
    assert offers(browser.get("callback", **brought))


def test_answer_of_another_browser_is_refused(
    world: ConsoleWorld, browser: Browser, cognito: FakeCognito
) -> None:
    brought = cognito.sign_in(begun(browser))
    victim, beginner = world.browser(), world.browser()
    victim.variables = beginner.variables = VARIABLES
    begun(beginner)

    assert victim.get("callback", **brought).status == 401
    assert beginner.get("callback", **brought).status == 401
    assert cognito.asked == []


def test_state_of_a_browser_without_a_cookie_is_worth_nothing(browser: Browser, cognito: FakeCognito) -> None:
    assert browser.get("callback", code="stolen", state=Attempt("").state).status == 401
    assert cognito.asked == []


def test_answer_is_taken_once(browser: Browser, cognito: FakeCognito) -> None:
    brought = cognito.sign_in(begun(browser))

    assert offers(browser.get("callback", **brought))
    again = browser.get("callback", **brought)
    assert again.status == 401
    assert len(cognito.asked) == 1


def test_attempt_ends_though_dynamodb_still_has_it(
    world: ConsoleWorld, browser: Browser, cognito: FakeCognito
) -> None:
    brought = cognito.sign_in(begun(browser))

    world.sync.clock.advance(LIFE)

    assert browser.get("callback", **brought).status == 401


def test_code_of_another_attempt_is_not_redeemed(browser: Browser, cognito: FakeCognito) -> None:
    stolen = cognito.sign_in(begun(browser))["code"]
    own = cognito.sign_in(begun(browser))

    assert browser.get("callback", code=stolen, state=own["state"]).status == 401
    assert len(cognito.asked) == 1  # Cognito held it against the challenge


def test_refusal_of_cognito_is_told_without_its_words(browser: Browser, cognito: FakeCognito) -> None:
    state = cognito.sign_in(begun(browser))["state"]

    answer = browser.get("callback", state=state, error="access_denied", error_description="<b>no</b>")

    assert answer.status == 401
    assert REFUSED in answer.body
    assert "no</b>" not in answer.body
    assert "access_denied" not in answer.body


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {each: value for each, value in claims.items() if each != name}


def with_(**changed: object) -> Callable[[Claims], Claims]:
    return lambda claims: claims | changed


WRONG = {
    "another audience": with_(aud="another-client"),
    "several audiences": with_(aud=[CLIENT, "another-client"]),
    "another issuer": with_(iss="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_other"),
    "an access token": with_(token_use="access"),
    "expired": lambda claims: claims | {"exp": claims["iat"] - SKEW},
    "from the future": lambda claims: claims | {"iat": claims["iat"] + SKEW + 1},
    "another nonce": with_(nonce="0" * 64),
    "no nonce": without("nonce"),
    "no expiry": without("exp"),
    "no audience": without("aud"),
    "no issuer": without("iss"),
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
def test_id_token_that_does_not_hold_is_refused(
    browser: Browser, cognito: FakeCognito, changed: Callable[[Claims], Claims]
) -> None:
    cognito.changed = changed

    answer = back(browser, cognito)

    assert len(cognito.asked) == 1
    assert (answer.status, offers(answer)) == (401, {})
    assert "Set-Cookie" not in answer.headers


def test_clocks_may_differ_by_a_little(browser: Browser, cognito: FakeCognito) -> None:
    cognito.changed = lambda claims: claims | {"iat": claims["iat"] + SKEW}

    assert offers(back(browser, cognito))


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", ""])
def test_id_token_of_another_algorithm_is_refused(
    browser: Browser, cognito: FakeCognito, algorithm: str
) -> None:
    cognito.header = {"alg": algorithm}

    assert back(browser, cognito).status == 401


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30", "é.é.é", "\x00.=.="])
def test_what_is_no_id_token_is_refused(token: str) -> None:
    with pytest.raises(Exception, match="cannot be read"):
        claims_of(token)


def test_keys_may_be_rotated(browser: Browser, cognito: FakeCognito) -> None:
    cognito.header = {"kid": "a new key", "alg": "RS256"}

    assert offers(back(browser, cognito))


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, '{"error":"invalid_grant"}'), (500, ""), (200, "{}"), (200, "<html>"), (302, "")],
)
def test_token_endpoint_that_gives_no_token_signs_nobody_in(
    world: ConsoleWorld, browser: Browser, status: int, body: str
) -> None:
    with RequestsMock() as network:
        moved = {"Location": f"{DOMAIN}/elsewhere"}
        network.post(f"{DOMAIN}/oauth2/token", status=status, body=body, headers=moved)
        answer = back(browser, FakeCognito(world.sync.clock))
        calls = len(network.calls)

    assert (answer.status, calls) == (401, 1)


@pytest.mark.parametrize(
    "error", [requests.ConnectTimeout, requests.ReadTimeout, requests.exceptions.SSLError]
)
def test_cognito_that_cannot_be_reached_is_asked_once(
    world: ConsoleWorld, browser: Browser, error: type[Exception]
) -> None:
    with RequestsMock() as network:
        network.post(f"{DOMAIN}/oauth2/token", body=error("with a code in it"))
        answer = back(browser, FakeCognito(world.sync.clock))
        calls = len(network.calls)

    assert (answer.status, calls) == (401, 1)


def test_who_is_in_no_group_is_told_so(browser: Browser, cognito: FakeCognito) -> None:
    cognito.groups = ("administrators", "acme", ":look", "acme:owner", "acme:repair:")

    answer = back(browser, cognito)

    assert (answer.status, offers(answer)) == (403, {})
    assert "Your account is in no group" in answer.body
    assert f'href="{DOMAIN}/logout?' in answer.body  # to try another account


def test_groups_give_connections_and_roles(browser: Browser, cognito: FakeCognito) -> None:
    cognito.groups = ("other:look", f"{CONNECTION}:look", f"{CONNECTION}:repair")

    offered = back(browser, cognito)

    assert list(offers(offered)) == sorted([CONNECTION, "other"])
    browser.post("sign-in", link=offers(offered)["other"])
    assert "other" in browser.get("exports").body
    assert "order-audit-file" not in browser.get("exports").body
    browser.post("sign-in", link=offers(offered)[CONNECTION])
    assert "order-audit-file" in browser.get("exports").body


def test_offer_is_good_once_and_for_a_while(
    world: ConsoleWorld, browser: Browser, cognito: FakeCognito
) -> None:
    (link,) = offers(back(browser, cognito)).values()
    late = offers(back(browser, cognito))[CONNECTION]

    assert browser.post("sign-in", link=link).status == 303
    assert browser.post("sign-in", link=link).status == 401
    world.sync.clock.advance(timedelta(minutes=15))
    assert browser.post("sign-in", link=late).status == 401


def test_address_that_nobody_verified_names_nobody(browser: Browser, cognito: FakeCognito) -> None:
    cognito.changed = with_(email="root@example.com", email_verified=False)

    signed_in(browser, cognito)

    shown = browser.get("overview").body
    assert "root@example.com" not in shown
    assert "Signed in as aaaaaaaa-" in shown


def test_signing_out_ends_the_session_and_goes_to_cognito(
    world: ConsoleWorld, browser: Browser, cognito: FakeCognito
) -> None:
    signed_in(browser, cognito)
    copy = world.browser()
    copy.cookie = browser.cookie

    answer = browser.post("sign-out", form_token=browser.get("overview").form_token)

    assert f'content="0; url={DOMAIN}/logout?client_id={CLIENT}&amp;logout_uri=' in answer.body
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert copy.get("overview").status == 401


def test_links_of_the_command_line_go_on_working(browser: Browser) -> None:
    browser.sign_in()

    assert browser.get("overview").status == 200
    assert "begin" not in browser.get("overview").body
    token = browser.get("overview").form_token
    assert browser.post("sign-out", form_token=token).headers["Location"] == "sign-in"
