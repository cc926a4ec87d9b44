"""The trimmed data files of the built layer make the same clients, with the same endpoints and requests."""

import gzip
import importlib.util
import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from botocore.session import Session

ROOT = Path(__file__).parents[3]
SERVICES = {"dynamodb", "events", "lambda", "s3", "secretsmanager", "sns", "sqs", "ssm", "sts"}
ORIGINAL = Path(botocore.__file__).parent / "data"


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("botocore") / "data"
    data.mkdir()
    for file in ORIGINAL.glob("*.json"):
        shutil.copy(file, data)
    for service in SERVICES:
        shutil.copytree(ORIGINAL / service, data / service)
    specification = importlib.util.spec_from_file_location(
        "trim_botocore", ROOT / "layers" / "shared" / "trim_botocore.py"
    )
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.main(data, SERVICES)
    return data


def session_of(data: Path) -> Session:
    session = Session()
    session.set_credentials("none", "none")
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    session.register_component("data_loader", loader)
    return session


def test_clients_are_the_same_in_every_partition(trimmed: Path) -> None:
    ours, usual = session_of(trimmed), session_of(ORIGINAL)

    for service, region in itertools.product(SERVICES, ["eu-central-1", "us-gov-west-1", "cn-north-1"]):
        client, other = ours.create_client(service, region), usual.create_client(service, region)
        assert client.meta.endpoint_url == other.meta.endpoint_url
        assert client.meta.partition == other.meta.partition
        assert client.meta.method_to_api_mapping == other.meta.method_to_api_mapping


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_nothing_but_documentation_leaves_a_description(trimmed: Path, service: str) -> None:
    (description, *_) = sorted((trimmed / service).glob("*/service-2.json.gz"))
    original = ORIGINAL / description.relative_to(trimmed)

    left = json.loads(gzip.decompress(description.read_bytes()))
    whole = json.loads(gzip.decompress(original.read_bytes()))

    assert list(differences(whole, left)) == []
    assert '"documentation":"' not in json.dumps(left, separators=(",", ":"))


def is_documentation(key: str, value: object) -> bool:
    return key == "documentation" and isinstance(value, str)


def differences(whole: Any, left: Any, path: str = "") -> Any:  # noqa: ANN401  # any JSON
    """Yield where the two differ, other than by texts called `documentation`."""
    if isinstance(whole, dict) and isinstance(left, dict):
        gone = {
            key
            for key in whole.keys() - left.keys()
            if key != "documentation" or not isinstance(whole[key], str)
        }
        yield from (f"{path}/{key}" for key in gone | (left.keys() - whole.keys()))
        for key in whole.keys() & left.keys():
            yield from differences(whole[key], left[key], f"{path}/{key}")
    elif isinstance(whole, list) and isinstance(left, list) and len(whole) == len(left):
        for number, (one, other) in enumerate(zip(whole, left, strict=True)):
            yield from differences(one, other, f"{path}/{number}")
    elif whole != left:
        yield path
