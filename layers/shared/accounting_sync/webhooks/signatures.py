"""Moneybird-Signature, as documented: `t=<epoch>,v1=<hex>`, HMAC-SHA256 over `"{t}." + raw body`."""

import hashlib
import hmac


def sign_moneybird(body: bytes, secret: str, timestamp: int) -> str:
    """Return the value of the `Moneybird-Signature` header for a delivery.

    Parameters
    ----------
    body
        The raw bytes that are sent.
    secret
        The webhook's signing secret, used as UTF-8 text.
    timestamp
        Seconds since the epoch at the time of sending.
    """
    return f"t={timestamp},v1={v1_digest(body, secret, timestamp)}"


def v1_digest(body: bytes, secret: str, timestamp: int) -> str:
    """Return the hex digest of the v1 scheme for these bytes, this secret and this time."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
