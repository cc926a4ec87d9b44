"""Every cause, by its code."""

from types import ModuleType

from accounting_sync.reasons import bookings, documents, providers, receiving, running, settings
from accounting_sync.reasons.cause import Cause


def _causes(*modules: ModuleType) -> dict[str, Cause]:
    return {
        value.code: value for module in modules for value in vars(module).values() if isinstance(value, Cause)
    }


CATALOGUE = _causes(receiving, settings, documents, bookings, providers, running)
"""Code to cause. What is not in here, an older version of the software wrote."""
