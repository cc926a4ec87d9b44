"""Takes out of botocore's data files what no client of this project reads; `make build-SharedLayer` runs it.

Each cold start parses the list of all AWS endpoints (1.2 MB), and the description of each service that it
uses; two thirds of those are documentation for readers.
"""

import gzip
import json
import sys
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any


def main(data: Path, services: AbstractSet[str]) -> None:
    """Trim the files in place; a service's endpoints and its folder have the same name."""
    endpoints = data / "endpoints.json"
    endpoints.write_text(_dump(_of_services(json.loads(endpoints.read_text()), services)))
    for description in data.glob("*/*/service-2.json.gz"):
        model = _without_documentation(json.loads(gzip.decompress(description.read_bytes())))
        description.write_bytes(gzip.compress(_dump(model).encode(), mtime=0))


def _of_services(endpoints: dict[str, Any], services: AbstractSet[str]) -> dict[str, Any]:
    """Leave the partitions and their regions as they are, and of their services those that are wanted."""
    for partition in endpoints["partitions"]:
        partition["services"] = {
            name: service for name, service in partition["services"].items() if name in services
        }
    return endpoints


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
    main(Path(sys.argv[1]), set(sys.argv[2:]))
