"""A bar for each day, as the page's SVG draws it: shapes alone, without script and inline style."""

from collections.abc import Sequence
from dataclasses import dataclass

from operations.api.documents import DayCount

WIDTH, HEIGHT = 600.0, 120.0
"""Of the drawing, in its own units."""

_GAP = 0.25
"""Part of a day's width that is left free."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A day: what is not booked stands on what is."""

    x: float
    width: float
    booked_y: float
    booked_height: float
    others_y: float
    others_height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars of some days."""

    days: Sequence[DayCount]

    @property
    def highest(self) -> int:
        """Return what the whole height stands for."""
        return max((day.booked + day.others for day in self.days), default=0)

    @property
    def bars(self) -> list[Bar]:
        """Return a bar for each day on which anything is dated."""
        step = WIDTH / max(len(self.days), 1)
        return [
            self._bar(day, step * (number + _GAP / 2), step * (1 - _GAP))
            for number, day in enumerate(self.days)
            if day.booked + day.others
        ]

    def _bar(self, day: DayCount, x: float, width: float) -> Bar:
        booked, others = (round(HEIGHT * each / self.highest, 2) for each in (day.booked, day.others))
        return Bar(
            x=round(x, 2),
            width=round(width, 2),
            booked_y=round(HEIGHT - booked, 2),
            booked_height=booked,
            others_y=round(HEIGHT - booked - others, 2),
            others_height=others,
        )
