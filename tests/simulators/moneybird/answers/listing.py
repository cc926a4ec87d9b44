"""Filters, periods and pages of list requests."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request

from tests.simulators.moneybird.answers.errors import bad_request
from tests.simulators.simulator import Entity

_DEFAULT_PER_PAGE = 25  # documented for projects only; assumed for the rest
_MAX_PER_PAGE = 100
_MAX_YEARS = 10  # reported, not documented
_RANGE = re.compile(r"(\d{8}|\d{6})\.\.(\d{8}|\d{6})")

type Period = tuple[date, date]
"""First and last day, both included."""


def filters(default: dict[str, str]) -> dict[str, str]:
    """Read ``filter=key:value,...``; whatever is passed replaces all defaults, as documented."""
    given = request.args.get("filter", "")
    terms = [term.partition(":") for term in given.split(",") if term.strip()]
    return {key.strip(): value.strip() for key, _, value in terms} if terms else default


def alternatives(value: str, allowed: Iterable[str]) -> set[str] | None:
    """Split ``a|b``; None stands for ``all``."""
    wanted = set(value.split("|"))
    if "all" in wanted:
        return None
    if not wanted <= set(allowed):
        raise bad_request("Status is not included in the list", {"filter": "invalid"})
    return wanted


def period(text: str, today: date) -> Period:
    """Read a period: a name such as ``this_year``, or a range of months or days."""
    named = _named_period(text, today)
    if named is not None:
        return named
    found = _RANGE.fullmatch(text)
    if found is None:
        raise bad_request("Period is invalid", {"filter": "invalid"})
    try:
        first, last = _day(found.group(1), last=False), _day(found.group(2), last=True)
    except ValueError:
        raise bad_request("Period is invalid", {"filter": "invalid"}) from None
    if first > last or last >= _years_later(first, _MAX_YEARS):
        raise bad_request("Period is invalid", {"filter": "invalid"})
    return first, last


def paginated(entities: list[Entity], view: Callable[[Entity], Any]) -> Response:
    """Answer one page, with a Link header when there are more."""
    shown, page, size = page_of(entities)
    response = jsonify([view(entity) for entity in shown])
    response.headers["X-Total-Count"] = str(len(entities))
    links = _links(page, size, len(entities))
    if links:
        response.headers["Link"] = links
    return response


def page_of(entities: list[Entity]) -> tuple[list[Entity], int, int]:
    """Give the page that is asked for, its number, and how many a page has."""
    page, size = _whole("page", 1), _whole("per_page", _DEFAULT_PER_PAGE)
    if size > _MAX_PER_PAGE:
        raise bad_request("per_page does not have a valid value")
    return entities[(page - 1) * size : page * size], page, size


def _links(page: int, size: int, total: int) -> str:
    last = max(1, -(-total // size))
    arguments = {name: value for name, value in request.args.items() if name not in {"page", "per_page"}}
    related = {"next": page + 1 if page < last else None, "prev": page - 1 if page > 1 else None}
    return ", ".join(
        f'<{_address(arguments | {"page": str(number), "per_page": str(size)})}>; rel="{relation}"'
        for relation, number in related.items()
        if number is not None
    )


def _address(arguments: dict[str, str]) -> str:
    return f"{request.base_url}?{urlencode(arguments)}"


def _whole(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise bad_request(f"{name} does not have a valid value")
    return int(text)


def _named_period(text: str, today: date) -> Period | None:
    found = re.fullmatch(r"(this|prev|next)_(week|month|quarter|year)", text)
    if found is None:
        return None
    shift = {"prev": -1, "this": 0, "next": 1}[found.group(1)]
    unit = found.group(2)
    if unit == "week":
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=shift)
        return monday, monday + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    start = (today.year * 12 + today.month - 1) // months * months + shift * months
    return _month(start), _month(start + months) - timedelta(days=1)


def _month(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)


def _day(text: str, *, last: bool) -> date:
    year, month = int(text[:4]), int(text[4:6])
    if len(text) == 8:
        return date(year, month, int(text[6:]))
    return date(year, month, monthrange(year, month)[1] if last else 1)


def _years_later(day: date, years: int) -> date:
    return date(day.year + years, day.month, min(day.day, monthrange(day.year + years, day.month)[1]))
