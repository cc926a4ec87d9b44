"""Takes out of botocore's data files what no client of this project reads; `make build-SharedLayer` runs it.

Each cold start parses the list of all AWS endpoints (1.2 MB), and the description of each service that it
uses; two thirds of those are documentation for readers. Arguments: the folder, the services, and the
operations to leave of a service that should not keep them all (`ssm:GetParameter`).
"""

import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any


def main(data: Path, names: Sequence[str]) -> None:
    """Trim the files in place; a service's endpoints and its folder have the same name."""
    services = {name for name in names if ":" not in name}
    called = {name for name in names if ":" in name}
    endpoints = data / "endpoints.json"
    endpoints.write_text(_dump(_of_services(json.loads(endpoints.read_text()), services)))
    for description in data.glob("*/*/service-2.json.gz"):
        model = _without_documentation(json.loads(gzip.decompress(description.read_bytes())))
        service = description.parts[-3]
        operations = {name.partition(":")[2] for name in called if name.startswith(f"{service}:")}
        if operations:
            model = _of_operations(model, operations)
        description.write_bytes(gzip.compress(_dump(_without_endpoint_paths(model)).encode(), mtime=0))


def _of_services(endpoints: dict[str, Any], services: AbstractSet[str]) -> dict[str, Any]:
    """Leave the partitions and their regions as they are, and of their services those that are wanted."""
    for partition in endpoints["partitions"]:
        partition["services"] = {
            name: service for name, service in partition["services"].items() if name in services
        }
    return endpoints


def _of_operations(model: dict[str, Any], names: AbstractSet[str]) -> dict[str, Any]:
    """Leave some operations, and the shapes that they speak of."""
    operations = {name: model["operations"][name] for name in sorted(names)}
    shapes = model["shapes"]
    kept: set[str] = set()
    left = set(_shapes_in(operations))
    while left:
        kept |= left
        left = {inner for name in left for inner in _shapes_in(shapes[name])} - kept
    return {
        **model,
        "operations": operations,
        "shapes": {name: shape for name, shape in shapes.items() if name in kept},
    }


def _shapes_in(value: Any) -> Iterator[str]:  # noqa: ANN401  # any JSON
    """Yield the names of the shapes that a part of a description refers to."""
    if isinstance(value, list):
        for inner in value:
            yield from _shapes_in(inner)
    elif isinstance(value, dict):
        if isinstance(value.get("shape"), str):  # a member may be called that; then it is a dict
            yield value["shape"]
        for inner in value.values():
            yield from _shapes_in(inner)


def _without_endpoint_paths(model: dict[str, Any]) -> dict[str, Any]:
    """Leave out where a transaction names its tables: they may decide about the endpoint.

    botocore looks for them at each call, a twentieth of a webhook's time. What comes of it is an endpoint of
    the account's own, if the credentials say which account that is. Those of Lambda do not.
    """
    operations: Mapping[str, dict[str, Any]] = model["operations"]
    return {
        **model,
        "operations": {
            name: {key: value for key, value in operation.items() if key != "operationContextParams"}
            for name, operation in operations.items()
        },
    }


def _without_documentation(value: Any) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(value, list):
        return [_without_documentation(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_documentation(inner)
        for key, inner in value.items()
        if key != "documentation" or not isinstance(inner, str)  # a member may be called that; it is no text
    }


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
