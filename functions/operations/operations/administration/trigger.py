"""Sends a webhook to the receiver as Moment does, so that a set-up can be tried."""

from dataclasses import dataclass

import requests

from accounting_sync.errors import RetryableError
from accounting_sync.reasons.providers import NO_ANSWER
from accounting_sync.webhooks.events import MOMENT_ENTITY_TYPES
from operations.administration.connecting import moment_urls
from operations.administration.credentials import ConnectionFiles
from operations.api.administration import Triggered, TriggerWebhook
from operations.api.serving import RefusedRequestError

SECONDS = 10


@dataclass(frozen=True, slots=True)
class Trigger:
    """Knows the URLs that hold Moment's token."""

    files: ConnectionFiles

    def run(self, request: TriggerWebhook) -> Triggered:
        """Send a webhook that names an entity; the receiver takes it as any other.

        Raises
        ------
        RefusedRequestError
            If there is no such kind of webhook, or the connection takes none of Moment's.
        RetryableError
            If the receiver cannot be reached.
        """
        urls = moment_urls(request.connection, self.files.secret(request.connection), request.api_url)
        if request.kind not in urls:
            kinds = ", ".join(MOMENT_ENTITY_TYPES)
            said = f"{request.connection} takes no {request.kind}. With Moment set up: {kinds}."
            raise RefusedRequestError(said)
        body = {"event": "UPDATE", MOMENT_ENTITY_TYPES[request.kind]: {"id": int(request.entity_id)}}
        try:
            answer = requests.post(urls[request.kind], json=body, timeout=SECONDS)
        except requests.RequestException as error:
            said = f"The receiver cannot be reached ({type(error).__name__})."
            raise RetryableError(NO_ANSWER(said=said)) from None
        said = answer.json() if answer.ok else {}
        return Triggered(status=answer.status_code, event_id=said.get("event_id"))
