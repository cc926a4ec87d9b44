"""What became of the changes, by module, and those that nothing noticed."""

from collections import Counter

from cosmic_ray.work_item import TestOutcome, WorkItem, WorkResult
from rich.console import Console
from rich.table import Table

from tests.mutants.equivalent import Change, equivalent
from tests.mutants.forks import TIME_OUT

COLUMNS = ("mutants", "killed", "of them by time-out", "equivalent", "survivors")


def report(tried: list[tuple[WorkItem, WorkResult]], title: str) -> int:
    """Print it; return the number of changes that are neither noticed nor named as equivalent."""
    known = equivalent()
    modules: dict[str, Counter[str]] = {}
    survivors = []
    for item, result in sorted(tried, key=_place):
        module = str(item.mutations[0].module_path)
        counts = modules.setdefault(module, Counter())
        counts["mutants"] += 1
        if result.test_outcome is TestOutcome.KILLED:
            counts["killed"] += 1
            counts["of them by time-out"] += result.output == TIME_OUT
        elif change_of(module, result) in known:
            counts["equivalent"] += 1
        else:
            counts["survivors"] += 1
            survivors.append((item, result))
    console = Console(width=160)
    console.print(_table(modules, title))
    for item, result in survivors:
        mutation = item.mutations[0]
        where = f"{mutation.module_path}:{mutation.start_pos[0]} in {mutation.definition_name}"
        console.print(f"\n{where}\n{_changed_lines(result)}", markup=False, highlight=False, soft_wrap=True)
    return len(survivors)


def change_of(module: str, result: WorkResult) -> Change:
    """Return what was changed, as it is told in the list of equivalent changes."""
    lines = _changed_lines(result).splitlines()
    before, after = ("".join(line[1:] for line in lines if line[0] == sign).strip() for sign in "-+")
    return Change(module, before, after)


def _changed_lines(result: WorkResult) -> str:
    lines = (result.diff or "").splitlines()
    return "\n".join(line for line in lines if line[:1] in {"-", "+"} and line[:3] not in {"---", "+++"})


def _place(tried: tuple[WorkItem, WorkResult]) -> tuple[str, tuple[int, int]]:
    mutation = tried[0].mutations[0]
    return str(mutation.module_path), mutation.start_pos


def _table(modules: dict[str, Counter[str]], title: str) -> Table:
    table = Table("module", title=title, show_footer=True)
    table.columns[0].footer = "together"
    for column in COLUMNS:
        total = sum(counts[column] for counts in modules.values())
        table.add_column(column, justify="right", footer=str(total))
    for module, counts in modules.items():
        table.add_row(module, *(str(counts[column]) for column in COLUMNS))
    return table
