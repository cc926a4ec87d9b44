"""Moneybird's own audit file (XAF): ordered, and fetched when it is ready. No state is kept here.

The order answers 204 and names nothing, and a download does not say its year (official description). So the
order is told apart by what was there before: the new one among the downloads of this type is meant.
"""

from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdDownload
from operations.api.exports import AuditFile, AuditFileOrdered, FetchAuditFile, OrderAuditFile
from operations.api.serving import RefusedRequestError

DOWNLOAD_TYPE = "auditfile"


def order(request: OrderAuditFile, client: MoneybirdClient) -> AuditFileOrdered:
    """Order the audit file of a year; the same order again, before it is ready, does no harm.

    Raises
    ------
    SyncError
        If Moneybird refuses it: the year has no journal entries, accounts have no number or share one, or the
        token lacks a scope. The message says which.
    """
    known = tuple(each.id for each in client.list_downloads(DOWNLOAD_TYPE))
    client.order_audit_file(request.year, request.version)
    return AuditFileOrdered(known=known)


def fetch(request: FetchAuditFile, client: MoneybirdClient) -> AuditFile:
    """Ask whether the audit file is ready.

    Raises
    ------
    RefusedRequestError
        If Moneybird could not make it.
    SyncError
        If Moneybird cannot be asked now.
    """
    new = [each for each in client.list_downloads(DOWNLOAD_TYPE) if each.id not in request.known]
    if not new:
        return AuditFile(ready=False)
    newest = max(new, key=_made)
    if newest.failed:
        raise RefusedRequestError(
            f"Moneybird could not make the audit file (download {newest.id}). Order it again; if it fails"
            " again, ask Moneybird's support with that number."
        )
    url = client.get_download_url(newest.id)
    return AuditFile(ready=True, id=newest.id, filename=newest.filename, url=url)


def _made(download: MoneybirdDownload) -> tuple[str, int]:
    return download.created_at or "", int(download.id)
