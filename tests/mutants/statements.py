"""Which lines say whether a changed line was run: those of its statement."""

import ast


def statement(code: str, line: int) -> range:
    """Return the lines of the statement on a line: a compound one's head, or the function that it heads."""
    around = [node for node in ast.walk(ast.parse(code)) if _first(node) <= line <= _last(node)]
    if not around:
        return range(line, line + 1)
    node = min(around, key=lambda node: _last(node) - _first(node))
    body = getattr(node, "body", None)
    if not isinstance(body, list) or isinstance(node, ast.FunctionDef):
        return range(_first(node), _last(node) + 1)
    head_ends = _first(body[0])
    return range(_first(node), head_ends) if line < head_ends else range(line, line + 1)


def _first(node: ast.AST) -> int:
    if not isinstance(node, ast.stmt | ast.ExceptHandler):
        return 10**9
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _last(node: ast.AST) -> int:
    return (node.end_lineno if isinstance(node, ast.stmt | ast.ExceptHandler) else None) or 0
