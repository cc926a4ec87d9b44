"""The AWS CLI, as far as guides use it, on botocore: the same service models, so the same names and shapes.

What the AWS CLI refuses is refused here: an unknown operation or option, a missing parameter, a wrong type, a
value that is none of an enumeration, a query that is not JMESPath.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import botocore.session
import jmespath
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

if TYPE_CHECKING:
    from botocore.waiter import WaiterModel

GLOBAL_OPTIONS = frozenset({"query", "output", "region", "profile", "cli-binary-format"})
OUTPUTS = frozenset({"json", "text"})


class UsageError(Exception):
    """The AWS CLI would not know what to do."""


@dataclass(frozen=True)
class AwsCommand:
    """One command that is fit to be sent."""

    service: str
    operation: OperationModel
    parameters: dict[str, Any]
    waiter: str | None = None
    query: str | None = None
    output: str = "json"
    file: str | None = None
    """Where the answer's stream goes (`lambda invoke`)."""

    def shown(self, answer: Mapping[str, Any]) -> str:
        """Write an answer as the AWS CLI does."""
        found = {key: value for key, value in answer.items() if key not in {"ResponseMetadata", "Payload"}}
        found = json.loads(json.dumps(found, default=str))  # a query sees times as text
        chosen = jmespath.search(self.query, found) if self.query else found
        if self.output == "text":
            return _as_text(chosen) + "\n"
        return json.dumps(chosen, indent=4) + "\n"


class AwsCommands:
    """Reads command lines; service models are loaded once."""

    def __init__(self) -> None:
        self._loader: Final = botocore.session.get_session()

    def parse(self, arguments: list[str]) -> AwsCommand:
        """Read what follows `aws`.

        Raises
        ------
        UsageError
            If the AWS CLI would refuse it.
        """
        options, words = _split(arguments)
        if len(words) < 2:
            raise UsageError("expected a service and an operation")
        service, name, *rest = words
        waiter = rest.pop(0) if name == "wait" and rest else None
        operation = self._operation(service, name, waiter)
        common = {key: options.pop(key) for key in GLOBAL_OPTIONS & options.keys()}
        command = AwsCommand(
            service=service,
            operation=operation,
            parameters=self._parameters(operation, options),
            waiter=waiter and waiter.replace("-", "_"),
            query=_one(common, "query"),
            output=_one(common, "output") or "json",
            file=rest.pop(0) if rest and _streams(operation) else None,
        )
        if rest or command.output not in OUTPUTS:
            raise UsageError(f"not understood: {rest or command.output}")
        if command.query:
            jmespath.compile(command.query)
        return command

    def _operation(self, service: str, name: str, waiter: str | None) -> OperationModel:
        try:
            model = self._loader.get_service_model(service)
        except UnknownServiceError as error:
            raise UsageError(str(error)) from error
        if waiter:
            waiters: WaiterModel = self._loader.get_waiter_model(service)
            found = {_option(each): each for each in waiters.waiter_names}
            if waiter not in found:
                raise UsageError(f"{service} has no waiter {waiter}")
            return model.operation_model(waiters.get_waiter(found[waiter]).operation)
        operations = {_option(each): each for each in model.operation_names}
        if name not in operations:
            raise UsageError(f"{service} has no operation {name}")
        return model.operation_model(operations[name])

    def _parameters(self, operation: OperationModel, options: dict[str, list[str]]) -> dict[str, Any]:
        members: Mapping[str, Shape] = operation.input_shape.members if operation.input_shape else {}
        named = {_option(member): member for member in members}
        parameters = {}
        for option, values in options.items():
            member = named.get(option) or named.get(option.removeprefix("no-"))
            if member is None:
                raise UsageError(f"{operation.name} has no option --{option}")
            shape = members[member]
            if shape.type_name == "boolean":
                parameters[member] = not (option.startswith("no-") and option not in named)
            else:
                parameters[member] = self._value(shape, values)
        _validate(operation, parameters)
        return parameters

    def _value(self, shape: Shape, values: list[str]) -> Any:  # noqa: ANN401  # as its shape says
        if len(values) == 1 and values[0].startswith("file://"):
            values = [Path(values[0].removeprefix("file://")).read_text()]
        if shape.type_name in {"list", "map", "structure"}:
            return _compound(shape, values)
        if len(values) != 1:
            raise UsageError(f"expected one value, not {values}")
        return _SCALARS.get(shape.type_name, str)(values[0])


_SCALARS: Mapping[str, Callable[[str], Any]] = {"integer": int, "long": int, "float": float, "double": float}


def _split(arguments: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Sort options with their values from the words before them, and from a file after them."""
    options: dict[str, list[str]] = {}
    words: list[str] = []
    values: list[str] | None = None
    for argument in arguments:
        if argument.startswith("--"):
            values = options.setdefault(argument.removeprefix("--"), [])
        elif argument == "/dev/stdout" or values is None:
            words.append(argument)
        else:
            values.append(argument)
    return options, words


def _option(name: str) -> str:
    return xform_name(name, "-")


def _one(options: Mapping[str, list[str]], name: str) -> str | None:
    return options[name][0] if name in options else None


def _streams(operation: OperationModel) -> bool:
    return bool(operation.has_streaming_output)


def _compound(shape: Shape, values: list[str]) -> Any:  # noqa: ANN401  # as its shape says
    """Read JSON, or the shorthand `Key=value,Key=value`; a list takes several values."""
    if values and values[0][:1] in {"{", "["}:
        return json.loads(" ".join(values))
    if isinstance(shape, ListShape):
        return [_element(shape.member, value) for value in values]
    (value,) = values
    return _element(shape, value)


def _element(shape: Shape, text: str) -> Any:  # noqa: ANN401  # as its shape says
    if not isinstance(shape, StructureShape | MapShape):
        return text
    pairs = dict(pair.split("=", 1) for pair in text.split(","))
    if isinstance(shape, MapShape):
        return pairs
    return {key: _typed(shape.members.get(key), value) for key, value in pairs.items()}


def _typed(shape: Shape | None, text: str) -> Any:  # noqa: ANN401  # as its shape says
    if shape is not None and shape.type_name == "boolean":
        return {"true": True, "false": False}[text]
    return text


def _validate(operation: OperationModel, parameters: dict[str, Any]) -> None:
    if operation.input_shape is None:
        return
    report = ParamValidator().validate(parameters, operation.input_shape)
    if report.has_errors():
        raise UsageError(report.generate_report())
    _check_enumerations(operation.input_shape, parameters)


def _check_enumerations(shape: Shape | None, value: Any) -> None:  # noqa: ANN401  # any JSON
    if isinstance(shape, StructureShape):
        for key, each in value.items():
            _check_enumerations(shape.members[key], each)
    elif isinstance(shape, ListShape):
        for each in value:
            _check_enumerations(shape.member, each)
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        raise UsageError(f"{value} is none of {', '.join(shape.enum)}")


def _as_text(value: Any) -> str:  # noqa: ANN401  # any JSON
    if isinstance(value, list):
        separator = "\n" if any(isinstance(each, list) for each in value) else "\t"
        return separator.join(map(_as_text, value))
    return str(value)
