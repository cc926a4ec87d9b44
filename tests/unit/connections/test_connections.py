"""Connections: what the secret must look like, and what is said when it does not."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.connections.connection import ConnectionStore
from accounting_sync.errors import ParkedError

SECRET: dict[str, Any] = {
    "moneybird": {"administration_id": "123", "api_token": "top-secret-token"},
    "moment": {"company": "acme", "api_key": "top-secret-key", "url_tokens": ["x" * 32]},
}


@dataclass
class FakeSecrets:
    """One secret; remembers how it was asked for."""

    text: str | None
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def read(self, name: str, *, fresh: bool = False) -> str | None:
        self.asked.append((name, fresh))
        return self.text


def store(secret: object) -> ConnectionStore:
    return ConnectionStore(FakeSecrets(json.dumps(secret)), "accounting-sync/")


def test_connection_holds_both_providers() -> None:
    connection = store(SECRET).get("acme")

    assert connection.moneybird is not None
    assert connection.moment is not None
    assert connection.moneybird.api_token.get_secret_value() == "top-secret-token"
    assert connection.moment.company == "acme"


def test_connection_may_hold_one_provider_only() -> None:
    connection = store({"moment": SECRET["moment"]}).get("acme")

    assert connection.moneybird is None


def test_secret_is_asked_for_by_the_connections_name() -> None:
    secrets = FakeSecrets(json.dumps(SECRET))

    ConnectionStore(secrets, "staging/").get("acme")

    assert secrets.asked == [("staging/acme", False)]


def test_distrusted_secret_is_read_anew_once() -> None:
    secrets = FakeSecrets(json.dumps(SECRET))
    connections = ConnectionStore(secrets, "")

    connections.distrust("acme")
    connections.get("acme")
    connections.get("acme")

    assert [fresh for _, fresh in secrets.asked] == [True, False]


def test_connection_shows_no_secret() -> None:
    assert "top-secret" not in repr(store(SECRET).get("acme"))


def test_missing_secret_parks_and_says_what_to_do() -> None:
    with pytest.raises(ParkedError, match=r"There is no secret accounting-sync/acme\. Create it"):
        ConnectionStore(FakeSecrets(None), "accounting-sync/").get("acme")


@pytest.mark.parametrize(
    ("secret", "named"),
    [
        ({"moneybird": {"api_token": "top-secret"}}, "moneybird.administration_id"),
        ({"moneybird": {"administration_id": 1, "api_token": "top-secret"}}, "moneybird.administration_id"),
        (
            {"moment": {"company": "acme", "api_key": "top-secret", "url_tokens": ["top-secret"]}},
            "url_tokens",
        ),
        ({"monybird": {"api_token": "top-secret"}}, "monybird"),
        (["top-secret"], "secret accounting-sync/acme"),
    ],
)
def test_unusable_secret_parks_and_names_the_key_only(secret: object, named: str) -> None:
    with pytest.raises(ParkedError) as refused:
        store(secret).get("acme")

    assert named in str(refused.value)
    assert "top-secret" not in str(refused.value)


@given(st.text())
def test_any_text_parks_and_is_not_repeated(text: str) -> None:
    secret = f"top-secret {text}"

    with pytest.raises(ParkedError) as refused:
        ConnectionStore(FakeSecrets(secret), "accounting-sync/").get("acme")

    assert "top-secret" not in str(refused.value)
