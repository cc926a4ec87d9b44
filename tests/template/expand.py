"""Prints the template as CloudFormation gets it. Run by the Python of SAM CLI, which has the translator.

Fails for a template that SAM cannot expand.
"""

import json
import sys
from pathlib import Path
from typing import Any

from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class _NoIam:
    """Stands in for the client that lists AWS's managed policies: the template names none of SAM's own."""

    def get_paginator(self, _: str) -> "_NoIam":
        return self

    def paginate(self, **_: object) -> list[dict[str, Any]]:
        return []


def expand(template: Path) -> dict[str, Any]:
    """Return the template without SAM's own types; code lies where `sam deploy` would have put it."""
    document = yaml_parse(template.read_text())
    for resource in document["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://deployment/code"
    parameters = {name: each["Default"] for name, each in document["Parameters"].items()}
    return dict(transform(document, parameters, ManagedPolicyLoader(_NoIam())))


if __name__ == "__main__":
    json.dump(expand(Path(sys.argv[1])), sys.stdout)
