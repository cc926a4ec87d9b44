"""A cause as the catalogue has it, and a reason: a cause with the parameters of one case."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

UNCODED = "uncoded"
"""Code of a reason that was stored before reasons had codes."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one event is where it is. No secrets and no personal data: it is shown, logged and published."""

    code: str
    """Of the cause; stable, so that filters, notices and translations can go by it."""
    text: str
    """What, which number, why, and what to do; in English, as it was when it was written."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What the cause's templates are filled with, by name."""

    def __str__(self) -> str:
        return self.text

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def after(self, words: str) -> "Reason":
        """Return the reason with words before it: what came of the cause."""
        return replace(self, text=f"{words} {self.text}")

    def followed_by(self, words: str) -> "Reason":
        """Return the reason with words behind it: what else is known."""
        return replace(self, text=f"{self.text} {words}")

    def to_item(self) -> dict[str, Any]:
        """Return it as one attribute of an item: an index that holds the attribute holds all of it."""
        return {"code": self.code, "text": self.text, "parameters": dict(self.parameters)}

    @classmethod
    def of_item(cls, stored: "Mapping[str, Any] | str | None") -> "Reason | None":
        """Read it back; a plain text is from before reasons had codes."""
        if stored is None:
            return None
        if isinstance(stored, str):
            return cls(UNCODED, stored)
        return cls(stored["code"], stored["text"], stored.get("parameters", {}))


class Cause(NamedTuple):
    """An entry of the catalogue. To call it with its parameters makes a reason."""

    code: str
    sentence: str
    """What is the case; a template of `str.format`."""
    remedy: str = ""
    """What a person does about it; a template as well. Empty: there is nothing to do."""

    def __call__(self, **parameters: object) -> Reason:
        """Return the reason for one case.

        Raises
        ------
        KeyError
            If a parameter is missing that a template names.
        """
        named = {name: str(value) for name, value in parameters.items()}
        template = f"{self.sentence} {self.remedy}" if self.remedy else self.sentence
        return Reason(self.code, template.format_map(named), named)


def described(reason: Reason | None) -> dict[str, Any]:
    """Return the fields by which answers and published details say why; none without a reason."""
    if reason is None:
        return {}
    return {"reason": reason.text, "reason_code": reason.code, "reason_parameters": dict(reason.parameters)}


def joined(reasons: "list[Reason]") -> Reason | None:
    """Return several reasons as one, under the code of the first; None of none."""
    if not reasons:
        return None
    return replace(reasons[0], text=" ".join(reason.text for reason in reasons))
