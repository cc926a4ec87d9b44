"""The signature as Moneybird documents it, against a value that OpenSSL computed."""

from accounting_sync.webhooks.signatures import sign_moneybird


def test_signature_covers_time_and_body() -> None:
    # printf '1492774577.{"id":"1"}' | openssl dgst -sha256 -hmac secret
    expected = "bdb561661b6f32461b71ee79663efc7ebd80f53de41bd73931d60a6d09e45f8a"

    assert sign_moneybird(b'{"id":"1"}', "secret", 1492774577) == f"t=1492774577,v1={expected}"
