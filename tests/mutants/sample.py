"""Which changes are tried: a seeded sample of what Cosmic Ray can change in the modules of `modules.txt`."""

import ast
import random
import re
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec, WorkItem

MODULES = Path(__file__).with_name("modules.txt")

_OPERATORS = re.compile(
    r"core/(AddNot|ExceptionReplacer|NumberReplacer|RemoveDecorator|ZeroIterationForLoop"
    r"|Replace(TrueWithFalse|FalseWithTrue|AndWithOr|OrWithAnd|BreakWithContinue|ContinueWithBreak)"
    r"|ReplaceComparisonOperator_(Is_IsNot|IsNot_Is|(Eq|NotEq|Lt|LtE|Gt|GtE)_(Eq|NotEq|Lt|LtE|Gt|GtE))"
    r"|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Div|Mod_Mul|BitOr_BitAnd|BitAnd_BitOr)"
    r"|ReplaceUnaryOperator_(USub_UAdd|Delete_Not))"
)
"""Without those that only fail at import, and without `==` for `is`: which strings are one is chance."""


def modules(root: Path) -> list[Path]:
    """Return the modules that are changed, relative to the project."""
    patterns = [line for line in MODULES.read_text().splitlines() if line and not line.startswith("#")]
    found = {pattern: sorted(root.glob(pattern)) for pattern in patterns}
    assert all(found.values()), f"no module: {[pattern for pattern in patterns if not found[pattern]]}"
    return sorted({path.relative_to(root) for paths in found.values() for path in paths})


def sample(root: Path, count: int, seed: int) -> list[WorkItem]:
    """Return this number of changes, at different places; the same seed draws the same ones.

    The working directory must be `root`: Cosmic Ray's paths are relative.
    """
    with use_db(":memory:") as everything:
        init(modules(root), everything, {})
        places: dict[tuple[Path, tuple[int, int]], list[WorkItem]] = {}
        for item in everything.work_items:
            (mutation,) = item.mutations
            if _OPERATORS.fullmatch(mutation.operator_name):
                places.setdefault((mutation.module_path, mutation.start_pos), []).append(item)
    chance = random.Random(seed)  # noqa: S311  # no secret
    shuffled = chance.sample(sorted(places), len(places))
    drawn = (chance.choice(sorted(places[place], key=_name)) for place in shuffled)
    changes = (item for item in drawn if _changes_behaviour(item.mutations[0]))
    return [item for item, _ in zip(changes, range(count), strict=False)]


def _name(item: WorkItem) -> tuple[str, int]:
    return item.mutations[0].operator_name, item.mutations[0].occurrence


def _changes_behaviour(mutation: MutationSpec) -> bool:
    """Return whether more than an annotation or a parameter's name is changed, and it still is Python."""
    code = mutation.module_path.read_text()
    try:
        changed = mutate_code(code, get_operator(mutation.operator_name)(), mutation.occurrence)
        return _what_runs(code) != _what_runs(changed)
    except (SyntaxError, AttributeError):  # AttributeError: Cosmic Ray cannot exchange `except module.Name`
        return False


def _what_runs(code: str) -> str:
    """Return the code without annotations, parameters' names (their star is no operator) and slots."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        match node:
            case ast.arguments():
                node.defaults += [default for default in node.kw_defaults if default]
                node.posonlyargs, node.args, node.kwonlyargs, node.kw_defaults = [], [], [], []
            case ast.keyword(arg="frozen" | "slots"):
                node.value = ast.Constant(None)
            case ast.FunctionDef():
                node.returns = None
            case ast.TypeAlias():
                node.value = ast.Constant(None)
            case ast.AnnAssign(annotation=ast.BinOp()):
                node.annotation = ast.Constant(None)
    return ast.dump(tree)
