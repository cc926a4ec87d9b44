"""Moneybird as a destination."""

from entity_sync.destinations.moneybird.books import BookShelf
from entity_sync.destinations.moneybird.destination import MoneybirdDestination

__all__ = ["BookShelf", "MoneybirdDestination"]
