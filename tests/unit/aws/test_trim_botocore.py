"""The trimmed data files of the built layer make the same clients, with the same endpoints and requests.

Of Systems Manager they have only what is called.
"""

import gzip
import importlib.util
import itertools
import json
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.session import Session
from urllib3 import HTTPResponse

ROOT = Path(__file__).parents[3]
SERVICES = {"dynamodb", "events", "lambda", "s3", "secretsmanager", "sns", "sqs", "ssm", "sts"}
OPERATIONS = {
    "ssm:DeleteParameter",
    "ssm:GetParameter",
    "ssm:GetParametersByPath",
    "ssm:PutParameter",
}
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
    module.main(data, [*SERVICES, *OPERATIONS])
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
        left = {name: api for name, api in other.meta.method_to_api_mapping.items() if is_kept(service, api)}
        assert client.meta.method_to_api_mapping == left


def is_kept(service: str, operation: str) -> bool:
    """Whether a client still has an operation: all of them, unless only some of its service are called."""
    return service != "ssm" or f"{service}:{operation}" in OPERATIONS


@pytest.mark.parametrize("service", sorted(SERVICES - {"ssm"}))
def test_little_but_documentation_leaves_a_description(trimmed: Path, service: str) -> None:
    left, whole = description_of(trimmed, service), description_of(ORIGINAL, service)

    gone = list(differences(whole, left))
    assert [path for path in gone if not path.endswith("/operationContextParams")] == []
    assert '"documentation":"' not in json.dumps(left, separators=(",", ":"))


def test_operations_that_are_called_keep_all_their_shapes(trimmed: Path) -> None:
    left, whole = description_of(trimmed, "ssm"), description_of(ORIGINAL, "ssm")
    names = {name.partition(":")[2] for name in OPERATIONS}

    assert left["operations"].keys() == names
    for part in ("operations", "shapes"):
        assert [list(differences(whole[part][name], each)) for name, each in left[part].items()] == [
            [] for _ in left[part]
        ]
    model = ServiceModel(left)
    for name in names:
        operation = model.operation_model(name)
        for shape in (operation.input_shape, operation.output_shape, *operation.error_shapes):
            resolve(shape)


def resolve(shape: Any) -> None:  # noqa: ANN401  # a shape, or a list's or a map's part of it
    """Look each member up; fails if one is not there."""
    for inner in getattr(shape, "members", {}).values():
        resolve(inner)
    if shape is not None and shape.type_name == "list":
        resolve(shape.member)
    if shape is not None and shape.type_name == "map":
        resolve(shape.value)


def test_a_transaction_has_the_same_endpoint(trimmed: Path) -> None:
    assert url_of_transaction(trimmed) == url_of_transaction(ORIGINAL)


def url_of_transaction(data: Path) -> str:
    client: Any = session_of(data).create_client("dynamodb", "eu-central-1")
    urls: list[str] = []

    def answer(request: Any, **_: object) -> AWSResponse:  # noqa: ANN401  # botocore's own type
        urls.append(request.url)
        return AWSResponse(
            request.url, 200, HTTPHeaders(), HTTPResponse(BytesIO(b"{}"), preload_content=False)
        )

    client.meta.events.register("before-send.dynamodb", answer)
    put = {"Put": {"TableName": "events", "Item": {"event_id": {"S": "1"}}}}
    client.transact_write_items(TransactItems=[put, put])
    (url,) = urls
    return url


def description_of(data: Path, service: str) -> Any:  # noqa: ANN401  # any JSON
    return json.loads(gzip.decompress(max(data.glob(f"{service}/*/service-2.json.gz")).read_bytes()))


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
