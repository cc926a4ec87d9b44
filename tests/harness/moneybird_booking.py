"""The Moneybird destination alone, without the function around it: it has one table, so it is fast."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from requests.auth import AuthBase, HTTPBasicAuth

from accounting_sync.accounting.documents import Document
from accounting_sync.accounting.stores.accounting_store import AccountingStore
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.providers.flow.throttle import CallsLeft
from accounting_sync.providers.http import TokenAuth, Transport
from accounting_sync.providers.moment.client import IMAGES_TOO, PDF_ALONE, MomentClient, MomentFile
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.webhooks.events import EntityRef, Lane, Source
from entity_sync.destinations.moneybird.administration import AdministrationCache
from entity_sync.destinations.moneybird.destination import MoneybirdDestination
from entity_sync.destinations.port import Booked, BookingContext
from entity_sync.mapping.from_moment import map_moment
from tests.harness.boundaries import Boundaries
from tests.harness.clock import ManualClock
from tests.harness.in_process_http import in_process_session
from tests.harness.tables import accounting_table
from tests.harness.world import CONNECTION, SETTINGS, START, entity, writes_at
from tests.simulators.moment import moment_app
from tests.simulators.moment.app import API_KEY, COMPANY
from tests.simulators.moneybird import ADMINISTRATION_ID, API_TOKEN, MoneybirdSettings, moneybird_app
from tests.simulators.request_log import ReceivedRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

LEASE = timedelta(seconds=90)


class _Free:
    """A throttle and a breaker that let everything through."""

    def before(
        self, connection: str, provider: Source, resource: str, credential: str, lane: Lane = Lane.LIVE
    ) -> bool:
        return False

    def check(self, connection: str, provider: Source, lane: Lane = Lane.LIVE) -> None: ...

    def limited(self, connection: str, provider: Source, until: datetime, reason: str) -> None: ...

    def denied(
        self, connection: str, provider: Source, resource: str, reason: str, credential: str
    ) -> None: ...

    def tally(self, connection: str) -> dict[str, int]:
        return {}

    def answered(self, connection: str, provider: Source, left: CallsLeft | None = None) -> None: ...

    def event_done(self, connection: str, provider: Source, *, is_whole: bool) -> None: ...

    def accepted(self, connection: str, provider: Source, resource: str) -> None: ...

    def guard[Result](self, connection: str, provider: Source, call: "Callable[[], Result]") -> Result:
        return call()


@dataclass
class MoneybirdBooking:
    """One connection, booked without the function around it."""

    dynamodb: "DynamoDBClient"
    table: str
    boundaries: Boundaries = field(default_factory=Boundaries)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    settings: dict[str, Any] = field(default_factory=lambda: dict(SETTINGS))

    def __post_init__(self) -> None:
        self.moneybird = moneybird_app(settings=MoneybirdSettings(rate_limit=0))
        self.moment = moment_app()
        self.store = AccountingStore(self.dynamodb, self.table)
        self.client = MoneybirdClient(self._moneybird(), ADMINISTRATION_ID)
        self._moment_client = MomentClient(self._moment(), COMPANY)
        self.destination = MoneybirdDestination(self.client, self.store, AdministrationCache(self.clock))

    def book(self, kind: str, entity_id: int | str, *, event: str = "event-1", owner: str = "w1") -> Booked:
        """Fetch, map and book an entity of Moment, as the function does under its claim."""
        return self.book_document(self.load(entity(kind, entity_id)), event=event, owner=owner)

    def book_document(self, document: Document, *, event: str = "event-1", owner: str = "w1") -> Booked:
        claim = self.store.acquire(document.entity, owner, self.clock(), LEASE)
        try:
            return self.destination.book(
                document,
                BookingContext(
                    claim=claim,
                    settings=self.booking_settings,
                    owner=owner,
                    lease=LEASE,
                    clock=self.clock,
                    time_left=lambda: 60.0,
                    load=self.load,
                    load_file=self._load_file,
                    event_id=event,
                ),
            )
        finally:
            self.store.release(claim)

    def _load_file(self, ref: EntityRef) -> MomentFile | None:
        settings = self.booking_settings
        of_claim = ref.type == "claim"
        path = settings.moment_claim_file_path if of_claim else settings.moment_pdf_path
        assert path is not None
        return self._moment_client.get_file(ref.id, path, IMAGES_TOO if of_claim else PDF_ALONE)

    def load(self, ref: EntityRef) -> Document:
        raw = self._moment_client.fetch(ref.type, ref.id)
        return map_moment(ref, raw, self.booking_settings, known=lambda _: True)

    @property
    def booking_settings(self) -> BookingSettings:
        return BookingSettings.model_validate(self.settings)

    def pass_time(self, **duration: float) -> None:
        self.clock.advance(timedelta(**duration))

    def at_moneybird(self, collection: str) -> list[dict[str, Any]]:
        return list(self.moneybird.state.collections()[collection].values())

    def writes(self) -> list[ReceivedRequest]:
        return writes_at(self.moneybird.requests.matching())

    def change(self, collection: str, entity_id: int | str, **fields: object) -> None:
        """Change an object at Moment."""
        self.moment.state.put(collection, {"id": int(entity_id), **fields}, None)

    def _moneybird(self) -> Transport:
        return self._transport(
            Source.MONEYBIRD, "https://moneybird.test/api/v2", TokenAuth(SecretStr(API_TOKEN))
        )

    def _moment(self) -> Transport:
        return self._transport(Source.MOMENT, "https://moment.test/api/1.0", HTTPBasicAuth("apikey", API_KEY))

    def _transport(self, provider: Source, base_url: str, auth: AuthBase) -> Transport:
        simulator = self.moneybird if provider is Source.MONEYBIRD else self.moment
        return Transport(
            session=in_process_session(simulator.wsgi, self.boundaries),
            auth=auth,
            base_url=base_url,
            connection=CONNECTION,
            provider=provider,
            throttle=_Free(),
            breaker=_Free(),
            clock=self.clock,
        )


@contextmanager
def moneybird_booking(dynamodb: "DynamoDBClient") -> "Iterator[MoneybirdBooking]":
    """Have one with a table of its own for a while."""
    with accounting_table(dynamodb) as table:
        yield MoneybirdBooking(dynamodb, table)
