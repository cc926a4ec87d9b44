"""The base of every pydantic model: strict about what we say, immutable once made.

What went wrong is said without the values: they may be secrets or personal data, and errors are logged.
A model is built when it is first used: a cold start does not pay for those that its first event does without.
"""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A shape of our own: unknown keys are refused, instances cannot change."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class ProviderModel(BaseModel):
    """A shape that somebody else defines: unknown keys are ignored, numbers may stand for texts."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", coerce_numbers_to_str=True, hide_input_in_errors=True, defer_build=True
    )
