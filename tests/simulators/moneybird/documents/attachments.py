"""Files on documents."""

import hashlib

from flask import Blueprint, Response, redirect
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from tests.simulators.gateway import CONTROL_PREFIX
from tests.simulators.moneybird.answers.errors import bad_request, not_found
from tests.simulators.moneybird.documents.kinds import DocumentKind
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity


def attach(state: MoneybirdState, kind: DocumentKind, entity: Entity, file: FileStorage | None) -> None:
    """Add a file to a document, without storing the document.

    Raises
    ------
    ApiError
        400 when the part ``file`` is missing.
    """
    if file is None:
        raise bad_request("File is required", {"file": "required"})
    content = file.stream.read()
    now = state.now()
    attachment: Entity = {
        "id": state.new_id(),
        "administration_id": state.administration,
        "attachable_id": entity["id"],
        "attachable_type": kind.attachment_type,
        "filename": file.filename or "file",
        "content_type": file.mimetype,
        "size": len(content),
        "rotation": 0,
        "created_at": now,
        "updated_at": now,
    }
    entity["attachments"].append(attachment)
    state.collections()["attachments"][attachment["id"]] = attachment | {
        "sha256": hashlib.sha256(content).hexdigest()
    }
    state.files[attachment["id"]] = content


def add_attachment_routes(blueprint: Blueprint, state: MoneybirdState, kind: DocumentKind) -> None:
    """Add download and delete of a document's attachments."""
    path = f"/{kind.collection}/<entity_id>/attachments/<attachment_id>"

    @blueprint.get(f"{path}/download.json", endpoint=f"{kind.wrapper}_download")
    def download(entity_id: str, attachment_id: str) -> AnyResponse:
        state.get(kind.collection, entity_id)
        state.get("attachments", attachment_id)
        return redirect(f"{CONTROL_PREFIX}/files/{attachment_id}")

    @blueprint.delete(f"{path}.json", endpoint=f"{kind.wrapper}_detach")
    def detach(entity_id: str, attachment_id: str) -> tuple[str, int]:
        entity = state.get(kind.collection, entity_id)
        if state.collections()["attachments"].pop(attachment_id, None) is None:
            raise not_found()
        entity["attachments"] = [item for item in entity["attachments"] if item["id"] != attachment_id]
        state.save(kind.collection, entity, kind.updated)
        return "", 204


def add_file_route(blueprint: Blueprint, state: MoneybirdState) -> None:
    """Add the address to which downloads are redirected, of attachments and of files that were ordered."""

    @blueprint.get("/files/<file_id>")
    def content(file_id: str) -> Response:
        file = state.find("downloads", file_id) or state.get("attachments", file_id)
        return Response(state.files[file_id], mimetype=file["content_type"])
