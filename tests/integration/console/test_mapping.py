"""What Moment's codes are booked as: shown, chosen, saved, and refused."""

import re
from html import unescape
from typing import Any

import pytest

from console.texts import sections_of
from operations.api.mapping import ProblemCode
from tests.harness.administration import files_of
from tests.harness.console import Answer, Browser, ConsoleWorld
from tests.harness.world import CONNECTION, SETTINGS
from tests.simulators.moment import samples

HIGH, LOW, REVERSE = "496081347565061258", "496081347576595595", "496081347578692749"
PURCHASE_HIGH = "496081347580789901"
SERVICES, REVENUE = "496081347348006011", "496081347348006010"


def settings_of(world: ConsoleWorld) -> dict[str, Any] | None:
    return files_of(world.sync).settings(CONNECTION)


def signed_in(world: ConsoleWorld, role: str = "repair", connection: str = CONNECTION) -> Browser:
    browser = world.browser()
    browser.sign_in(role, connection)
    return browser


def options(body: str, name: str) -> dict[str, str]:
    """Return the values and labels that a select offers."""
    (select,) = re.findall(rf'<select [^>]*name="{re.escape(name)}".*?</select>', body, re.DOTALL)
    found = re.findall(r'<option value="([0-9]*)"(?: selected)?>(.*?)</option>', select)
    return {value: unescape(label) for value, label in found}


def chosen(body: str) -> dict[str, str]:
    """Return what a browser would send of the form as it is shown."""
    form = dict(re.findall(r'<input type="hidden" name="(form_token|fingerprint)" value="([^"]*)"', body))
    for name, select in re.findall(r'<select [^>]*name="([^"]*)"(.*?)</select>', body, re.DOTALL):
        selected = re.findall(r'<option value="([0-9]*)" selected>', select)
        form[unescape(name)] = selected[0] if selected else ""
    return form


def saved(browser: Browser, **changed: str) -> Answer:
    """Save the form as it is shown, with some selects set."""
    named = {name.replace("__", ":"): value for name, value in changed.items()}
    return browser.post("mapping", **chosen(browser.get("mapping").body) | named)


def test_select_offers_what_moneybird_has_for_that_kind_with_names_and_percentages(
    world: ConsoleWorld,
) -> None:
    body = signed_in(world).get("mapping").body

    sales, purchase = options(body, "vat:H21"), options(body, "purchase_vat:H21")
    assert (sales[HIGH], sales[REVERSE]) == ("21% btw · 21%", "Btw verlegd · 0%")
    assert PURCHASE_HIGH not in sales
    assert purchase[PURCHASE_HIGH] == "21% btw · 21%"
    assert not set(sales) & set(purchase) - {""}
    assert options(body, "ledger_accounts:8000")[SERVICES] == "8000 Omzet diensten"
    assert '<optgroup label="Revenue">' in body


def test_suggestion_is_chosen_visibly_and_stored_by_whoever_saves_it(world: ConsoleWorld) -> None:
    world.parked()
    browser = signed_in(world)

    body = browser.get("mapping").body
    assert chosen(body)["vat:H21"] == HIGH
    assert "Suggested, not saved yet" in body
    assert "Documents that wait for a mapping: 1." in body
    assert settings_of(world) == SETTINGS | {"vat": {}}

    answer = saved(browser)

    assert (answer.status, answer.headers["Location"]) == (303, "mapping?saved=1")
    assert settings_of(world) == SETTINGS | {"vat": {"H21": {"tax_rate_id": HIGH}}}
    shown = browser.get("mapping", saved="1").body
    assert "Saved. Settings changed: 1." in shown
    assert "Suggested, not saved yet" not in shown
    assert 'href="needs-you"' in shown


def test_nothing_is_preselected_where_several_would_fit(world: ConsoleWorld) -> None:
    world.sync.book_by(SETTINGS | {"vat": {}})
    world.sync.sync("invoice", samples.REVERSE_CHARGE)

    assert chosen(signed_in(world).get("mapping").body)["vat:R0"] == ""


def test_trail_says_which_codes_changed_from_what_to_what_before_it_is_done(world: ConsoleWorld) -> None:
    browser = signed_in(world)
    form = chosen(browser.get("mapping").body) | {"vat:L9": HIGH, "default_ledger_account:": REVENUE}
    invoke, trails = world.functions._answer, []

    def watched(function: str, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["task"] == "mapping.change":
            trails.append(unescape(browser.get("activity").body))
        return invoke(function, asked)

    world.functions._answer = watched  # type: ignore[method-assign]
    assert browser.post("mapping", **form).status == 303

    (trail,) = trails
    assert "Ada" in trail
    assert f"vat.L9.tax_rate_id: 9% btw · 9% ({LOW}) → 21% btw · 21% ({HIGH})" in trail
    assert f"default_ledger_account: - → 80000 Omzet ({REVENUE})" in trail


def test_code_can_be_unmapped(world: ConsoleWorld) -> None:
    assert saved(signed_in(world), vat__R0="", ledger_accounts__8200="").status == 303

    expected = {
        **SETTINGS,
        "vat": dict(SETTINGS["vat"]),
        "ledger_accounts": dict(SETTINGS["ledger_accounts"]),
    }
    del expected["vat"]["R0"], expected["ledger_accounts"]["8200"]
    assert settings_of(world) == expected


def test_saving_without_a_change_stores_and_notes_nothing(world: ConsoleWorld) -> None:
    browser = signed_in(world)

    assert saved(browser).headers["Location"] == "mapping?saved=0"
    assert [asked["task"] for asked in world.functions.mapped] == ["mapping.show", "mapping.show"]
    assert "Nobody has done anything here yet." in browser.get("activity").body
    assert "There was nothing to save." in browser.get("mapping", saved="0").body


def test_form_that_is_older_than_the_settings_is_refused_and_overwrites_nothing(world: ConsoleWorld) -> None:
    browser = signed_in(world)
    form = chosen(browser.get("mapping").body) | {"vat:L9": HIGH}
    world.sync.book_by(SETTINGS | {"dry_run": True})

    answer = browser.post("mapping", **form)

    assert answer.status == 409
    assert "somebody else has changed the settings meanwhile" in answer.body
    assert settings_of(world) == SETTINGS | {"dry_run": True}
    assert "Nobody has done anything here yet." in browser.get("activity").body
    assert chosen(answer.body)["vat:L9"] == LOW  # as it is stored now


def test_settings_that_change_while_the_form_is_saved_are_not_overwritten(world: ConsoleWorld) -> None:
    browser = signed_in(world)
    form = chosen(browser.get("mapping").body) | {"vat:L9": HIGH}
    invoke = world.functions._answer

    def meanwhile(function: str, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["task"] == "mapping.change":
            world.sync.book_by(SETTINGS | {"dry_run": True})
        return invoke(function, asked)

    world.functions._answer = meanwhile  # type: ignore[method-assign]
    answer = browser.post("mapping", **form)

    assert answer.status == 409
    assert settings_of(world) == SETTINGS | {"dry_run": True}
    trail = browser.get("activity").body
    assert "A change of the mapping by Ada was refused" in trail
    assert "changed_meanwhile" in trail


@pytest.mark.parametrize("rate", ["1", PURCHASE_HIGH])
def test_rate_that_moneybird_does_not_have_for_it_is_refused_in_words(world: ConsoleWorld, rate: str) -> None:
    browser = signed_in(world)

    answer = saved(browser, vat__L9=rate)

    assert answer.status == 422
    assert "Nothing was saved. Correct this first:" in answer.body
    assert "VAT code L9, invoices and offers:" in answer.body
    assert settings_of(world) == SETTINGS
    assert chosen(answer.body)["vat:L9"] == rate  # what was chosen is still there to be corrected
    assert "A change of the mapping by Ada was refused" in browser.get("activity").body


def test_who_looks_sees_the_mapping_and_saves_nothing(world: ConsoleWorld) -> None:
    world.parked()
    browser = signed_in(world, "look")

    body = browser.get("mapping").body
    form = {"form_token": browser.get("overview").form_token, "vat:H21": HIGH, "fingerprint": ""}

    assert "Not mapped" in body
    assert "8000 Omzet diensten" in body
    assert "<select" not in body
    assert browser.post("mapping", **form).status == 403
    assert "mapping.change" not in [asked["task"] for asked in world.functions.mapped]


def test_forged_form_saves_nothing(world: ConsoleWorld) -> None:
    browser = signed_in(world)
    form = chosen(browser.get("mapping").body) | {"vat:L9": HIGH}

    assert browser.post("mapping", **form | {"form_token": "0" * 64}).status == 403
    assert world.browser().post("mapping", **form).status == 401
    assert settings_of(world) == SETTINGS


def test_mapping_is_that_of_the_sessions_own_connection(world: ConsoleWorld) -> None:
    theirs = chosen(signed_in(world).get("mapping").body) | {"vat:L9": HIGH, "connection": CONNECTION}
    other = signed_in(world, connection="other")

    shown = other.get("mapping")
    answer = other.post("mapping", **theirs | {"form_token": shown.form_token})

    assert shown.status == 503  # that connection has no credentials for Moneybird
    assert "H21" not in shown.body
    assert answer.status == 503
    assert settings_of(world) == SETTINGS


def test_what_is_wrong_in_the_settings_is_named(world: ConsoleWorld) -> None:
    world.sync.book_by(SETTINGS | {"vat": {"H21": "1"}, "default_expense_account": "2"})

    body = signed_in(world).get("mapping").body

    assert "VAT code H21, invoices and offers: Moneybird has no active VAT rate 1." in _text(body)
    assert "Other lines, claims: Moneybird has no active ledger account 2." in _text(body)
    assert options(body, "vat:H21")["1"] == "1 (not available at Moneybird)"


def test_page_that_is_reloaded_asks_moneybird_once_and_again_on_demand(world: ConsoleWorld) -> None:
    browser = signed_in(world)

    def calls() -> int:
        return len(world.sync.moneybird.requests.matching())

    for _ in range(5):
        browser.get("mapping")
    assert calls() == 2

    answer = browser.get("mapping", again="yes")
    assert (answer.status, answer.headers["Location"], calls()) == (303, "mapping", 4)


def test_mapping_is_told_in_dutch(world: ConsoleWorld) -> None:
    world.parked()
    browser = world.browser("nl-NL,nl;q=0.9")
    browser.sign_in()

    body = browser.get("mapping").body

    assert "Voorstel, nog niet opgeslagen" in body
    assert '<optgroup label="Omzet">' in body
    refused = saved(browser, vat__H21="1")
    assert "Btw-code H21, facturen en offertes: Moneybird heeft geen actief btw-tarief 1." in _text(
        refused.body
    )


def test_many_accounts_are_grouped_by_type_and_begin_with_their_number(world: ConsoleWorld) -> None:
    for number in range(150):
        account = {"name": f"Kosten {number}", "account_id": str(40000 + number), "account_type": "expenses"}
        world.sync.moneybird.state.put(
            "ledger_accounts", account | {"id": str(900 + number), "active": True}, None
        )

    body = signed_in(world).get("mapping").body

    labels = list(options(body, "ledger_accounts:8000").values())
    assert len(labels) > 150
    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', body, re.DOTALL)[:3]
    assert [label for label, _ in groups] == ["Revenue", "Expenses", "Current assets"]
    expenses = re.findall(r">([0-9.]+) ", groups[1][1])
    assert expenses == sorted(expenses)
    assert len(expenses) == 152


def test_every_problem_has_its_words() -> None:
    told = {code for code in ProblemCode if f"problem_{code}" in sections_of("nl")["mapping"]}

    assert told == set(ProblemCode) - {ProblemCode.CHANGED}  # of which the page says more


def test_every_select_says_what_it_is_for(world: ConsoleWorld) -> None:
    body = signed_in(world).get("mapping").body

    labels = re.findall(r'<select [^>]*aria-label="([^"]+)"', body)
    assert len(labels) == body.count("<select")
    assert len(set(labels)) == len(labels)


def _text(body: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", body)).split())
