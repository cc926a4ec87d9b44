"""What the deployment tells the console, read from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Environment:
    """Tables, and the functions that are asked."""

    control_table: str
    accounting_table: str
    look_function: str
    operations_function: str
    export_function: str
    mapping_function: str

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Read the variables; raises KeyError where one is missing."""
        return cls(
            control_table=variables["CONTROL_TABLE"],
            accounting_table=variables["ACCOUNTING_TABLE"],
            look_function=variables["LOOK_FUNCTION"],
            operations_function=variables["OPERATIONS_FUNCTION"],
            export_function=variables["EXPORT_FUNCTION"],
            mapping_function=variables["MAPPING_FUNCTION"],
        )
