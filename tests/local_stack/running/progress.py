"""What a person sees while a stack comes up."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console


@dataclass(frozen=True)
class Progress:
    """Prints each step with the time that it took; on a terminal also while it lasts."""

    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show a step for as long as the `with` block lasts."""
        start = time.monotonic()
        if not self.console.is_terminal:
            self.console.print(f"{text} ...")
        with self.console.status(f"{text} ..."):
            yield
        self.console.print(f"[green]done[/] {text} [dim]({time.monotonic() - start:.1f} s)[/]")
