"""A stateful stand-in for Moneybird's API."""

from tests.simulators.moneybird.app import ADMINISTRATION_ID, API_TOKEN, MoneybirdSimulator, moneybird_app
from tests.simulators.moneybird.state import MoneybirdSettings, MoneybirdState

__all__ = [
    "ADMINISTRATION_ID",
    "API_TOKEN",
    "MoneybirdSettings",
    "MoneybirdSimulator",
    "MoneybirdState",
    "moneybird_app",
]
