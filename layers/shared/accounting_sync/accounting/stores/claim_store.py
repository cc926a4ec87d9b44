"""Claims: who is working on a source entity right now. One worker per entity at any time."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.accounting.stores.table import AccountingTable, RefusedError
from accounting_sync.aws.items import from_attributes, is_condition_failure, retry_conflicts, to_attributes
from accounting_sync.errors import ClaimHeldError, RetryableError
from accounting_sync.model import Model
from accounting_sync.reasons.running import CLAIM_LOST, CLAIMED_BY_ANOTHER
from accounting_sync.time import to_text
from accounting_sync.webhooks.events import EntityRef

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

logger = logging.getLogger(__name__)

CLAIM_RETRY = timedelta(seconds=5)
"""How long to leave a held claim alone: most syncs take a second or two, whatever the lease allows."""

SORT_KEY = "CLAIM"


class LastSync(Model):
    """The last sync of an entity that came to a good end."""

    event_id: str
    began_at: datetime
    """Before its fetch."""


class Claim(Model):
    """The right to work on an entity, until it expires or is released."""

    entity: EntityRef
    owner: str
    fence: int
    """Grows with each claim: writes under an older one are refused."""
    expires_at: datetime
    last_sync: LastSync | None = None


class StateConflictError(RetryableError):
    """An item is not in a state that allows the change; read it again."""


class ClaimStore(AccountingTable):
    """Gives claims, and writes only while a claim is still the newest one."""

    def acquire(self, entity: EntityRef, owner: str, now: datetime, lease: timedelta) -> Claim:
        """Claim an entity, or claim it again.

        Parameters
        ----------
        lease
            Longer than the function's time-out: the holder of an expired claim cannot be alive.

        Raises
        ------
        ClaimHeldError
            If another worker has it.
        """
        values = {":owner": owner, ":expires_at": to_text(now + lease), ":now": to_text(now), ":one": 1}
        try:
            answer = retry_conflicts(
                lambda: self._client.update_item(
                    TableName=self._table,
                    Key=to_attributes({"pk": entity.key, "sk": SORT_KEY}),
                    UpdateExpression="SET claimed_by = :owner, expires_at = :expires_at ADD fence :one",
                    ConditionExpression=(
                        "attribute_not_exists(claimed_by) OR claimed_by = :owner OR expires_at < :now"
                    ),
                    ExpressionAttributeValues=to_attributes(values),
                    ReturnValues="ALL_NEW",
                )
            )
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            raise ClaimHeldError(CLAIMED_BY_ANOTHER(), now + CLAIM_RETRY) from error
        item = from_attributes(answer["Attributes"])
        return Claim(
            entity=entity,
            owner=owner,
            fence=item["fence"],
            expires_at=now + lease,
            last_sync=LastSync.model_validate(item["last_sync"]) if "last_sync" in item else None,
        )

    @contextmanager
    def claimed(self, entity: EntityRef, owner: str, now: datetime, lease: timedelta) -> Iterator[Claim]:
        """Hold an entity's claim; if giving it up fails, it expires.

        Raises
        ------
        ClaimHeldError
            If another worker has it.
        """
        claim = self.acquire(entity, owner, now, lease)
        try:
            yield claim
        finally:
            self.give_up(claim)

    def give_up(self, claim: Claim, synced: LastSync | None = None) -> None:
        """Release a claim; if that fails, it expires."""
        try:
            self.release(claim, synced)
        except (BotoCoreError, ClientError) as error:
            logger.warning("a claim was not released and will expire: %s", type(error).__name__)

    def release(self, claim: Claim, synced: LastSync | None = None) -> None:
        """Release a claim, and note what was synced under it; one that was taken over is left alone."""
        noted = {"last_sync": synced.model_dump(mode="json")} if synced else {}
        update = self._update(
            (claim.entity.key, SORT_KEY),
            {"claimed_by": None, "expires_at": None, **noted},
            "fence = :fence",
            fence=claim.fence,
        )
        try:
            retry_conflicts(lambda: self._client.update_item(**update))
        except ClientError as error:
            if not is_condition_failure(error):
                raise

    def _write_under(self, claim: Claim, *writes: "TransactWriteItemTypeDef") -> None:
        """Make all of the writes or none, and only if nobody has claimed the entity since.

        Raises
        ------
        ClaimHeldError
            If somebody has.
        RefusedError
            If a write's own condition does not hold; positions count from 0 over `writes`.
        """
        check = self._check(claim.entity.key, SORT_KEY, "fence = :fence", fence=claim.fence)
        try:
            self._transact({"ConditionCheck": check}, *writes)
        except RefusedError as error:
            if 0 in error.positions:
                raise ClaimHeldError(CLAIM_LOST(), claim.expires_at) from error
            raise RefusedError(tuple(position - 1 for position in error.positions)) from error
