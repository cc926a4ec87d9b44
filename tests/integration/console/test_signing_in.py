"""Signing in and out, and what every page and every form has in common."""

from datetime import timedelta

import pytest

from console.texts import language_of, sections_of
from tests.harness.console import Browser, ConsoleWorld, opened


def test_link_signs_in_once(world: ConsoleWorld) -> None:
    browser, other = world.browser(), world.browser()

    asked = browser.get("sign-in", link=opened(world.console))
    link = browser.sign_in()

    assert asked.status == 200
    assert browser.get("overview").status == 200
    refused = other.post("sign-in", link=link)
    assert (refused.status, "Set-Cookie" in refused.headers) == (401, False)
    assert other.get("overview").status == 401


def test_showing_a_link_does_not_use_it_up(world: ConsoleWorld) -> None:
    browser, link = world.browser(), opened(world.console)

    assert link in browser.get("sign-in", link=link).body
    assert browser.post("sign-in", link=link).status == 303


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_form_signs_nobody_in(world: ConsoleWorld, site: str) -> None:
    victim, link = world.browser(), opened(world.console)
    victim.site = site

    refused = victim.post("sign-in", link=link)

    assert (refused.status, "Set-Cookie" in refused.headers) == (403, False)
    victim.site = "same-origin"
    assert victim.post("sign-in", link=link).status == 303


def test_without_a_link_the_page_says_where_links_come_from(world: ConsoleWorld) -> None:
    body = world.browser().get("sign-in").body

    assert "accounting-sync console open" in body
    assert "<button" not in body


def test_link_and_session_end_though_dynamodb_still_has_them(world: ConsoleWorld) -> None:
    late, browser = world.browser(), world.browser()
    link = opened(world.console)
    browser.sign_in()

    world.sync.clock.advance(timedelta(minutes=15))
    assert late.post("sign-in", link=link).status == 401
    assert browser.get("overview").status == 200

    world.sync.clock.advance(timedelta(hours=8))
    assert browser.get("overview").status == 401


def test_table_holds_no_secret_that_signs_in(world: ConsoleWorld) -> None:
    browser = world.browser()
    unused, _ = opened(world.console), browser.sign_in()
    session = browser.cookie.partition("=")[2]

    items = str(world.control_items)
    assert "console-session#" in items
    assert "console-link#" in items
    assert unused not in items
    assert session not in items


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(world: ConsoleWorld) -> None:
    browser, copy = world.browser(), world.browser()
    browser.sign_in(role="look")
    copy.cookie = browser.cookie

    assert browser.post("sign-out", form_token=browser.get("overview").form_token).status == 303
    assert copy.get("overview").status == 401


@pytest.mark.parametrize("address", ["overview", "needs-you", "documents", "mapping", "exports", "activity"])
def test_pages_are_for_who_is_signed_in_and_are_kept_nowhere(world: ConsoleWorld, address: str) -> None:
    browser = world.browser()
    assert browser.get(address).status == 401

    browser.sign_in()
    answer = browser.get(address)

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "script" not in answer.body
    assert "style=" not in answer.body  # the policy forbids it


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(world: ConsoleWorld) -> None:
    answer = world.browser().post("sign-in", link=opened(world.console))

    attributes = set(answer.headers["Set-Cookie"].split("; ")[1:])
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} <= attributes


@pytest.mark.parametrize("action", ["try-event", "try-reason", "unlink", "try-document", "leave-alone"])
def test_forged_forms_and_those_who_look_change_nothing(world: ConsoleWorld, action: str) -> None:
    event_id = world.parked()
    repairing, looking = world.browser(), world.browser()
    repairing.sign_in()
    looking.sign_in(role="look")

    def tried(browser: Browser, token: str) -> int:
        form = {"event": event_id, "reason": "vat_code_not_mapped", "form_token": token}
        return browser.post(action, **form).status

    own = {browser: browser.get("overview").form_token for browser in (repairing, looking)}
    assert tried(repairing, "") == 403
    assert tried(repairing, own[looking]) == 403
    assert tried(looking, own[looking]) == 403
    assert tried(world.browser(), own[repairing]) == 401
    assert world.functions.repairs == []
    assert "Nobody has done anything here yet." in repairing.get("activity").body
    assert f'action="{action}"' not in looking.get("needs-you").body
    assert f'action="{action}"' not in looking.get("document", event=event_id).body


@pytest.mark.parametrize("action", ["try-event", "unlink", "try-document", "leave-alone"])
def test_events_of_another_connection_are_not_repaired(world: ConsoleWorld, action: str) -> None:
    event_id = world.parked()
    browser = world.browser()
    browser.sign_in(connection="other")

    token = browser.get("overview").form_token
    assert browser.post(action, event=event_id, form_token=token).status == 404
    assert world.functions.repairs == []
    assert "VAT code H21" not in browser.get("needs-you").body


def test_page_speaks_the_browsers_language(world: ConsoleWorld) -> None:
    browser = world.browser("nl-NL,nl;q=0.9,en;q=0.8")
    browser.sign_in()

    body = browser.get("needs-you").body

    assert '<html lang="nl">' in body
    assert "Er wacht niets op u." in body
    assert language_of("fr, *;q=0.5") == "en"
    assert _names("nl") == _names("en")


def test_what_is_shown_is_escaped(world: ConsoleWorld) -> None:
    session_page = world.browser().get("sign-in", link='"><script>alert(1)</script>')

    assert "<script" not in session_page.body


def test_there_is_nothing_else(world: ConsoleWorld) -> None:
    assert world.browser().get("elsewhere").status == 404
    assert world.browser().get("style.css").headers["Content-Type"].startswith("text/css")


def _names(language: str) -> dict[str, set[str]]:
    return {section: set(texts) for section, texts in sections_of(language).items()}
