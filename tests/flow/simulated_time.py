"""Several workers in simulated time, one at a time and always in the same order."""

import heapq
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from threading import Lock, Thread, get_ident

START = datetime(2026, 1, 6, 12, 2, 3, tzinfo=UTC).timestamp()


class _Turn:
    """A lock that a worker waits for until its turn has come."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lock.acquire()

    def wait(self) -> None:
        self._lock.acquire()

    def come(self) -> None:
        self._lock.release()


class SimulatedTime:
    """Each worker is a thread; only one runs, until it sleeps. Then time goes on to whoever wakes first."""

    def __init__(self) -> None:
        self.now = START
        self._asleep: list[tuple[float, int, _Turn]] = []
        self._numbers = count()
        self._turns: dict[int, _Turn] = {}
        self._main = _Turn()
        self._errors: list[BaseException] = []

    def clock(self) -> datetime:
        """Return the simulated time."""
        return datetime.fromtimestamp(self.now, UTC)

    def sleep(self, seconds: float) -> None:
        """Let the others work for so many seconds; outside of `run`, time just passes."""
        turn = self._turns.get(get_ident())
        if turn is None:
            self.now += seconds
            return
        self._lie_down(turn, seconds)
        self._wake_next()
        turn.wait()

    def run(self, workers: Sequence[Callable[[], None]]) -> None:
        """Have workers work until all are done; raise what went wrong in the first that failed."""
        for worker in workers:
            turn = _Turn()
            self._lie_down(turn, 0)
            Thread(target=self._work, args=(worker, turn), daemon=True).start()
        self._wake_next()
        self._main.wait()
        if self._errors:
            raise self._errors[0]

    def _work(self, worker: Callable[[], None], turn: _Turn) -> None:
        turn.wait()
        self._turns[get_ident()] = turn
        try:
            worker()
        except BaseException as error:  # raised again by `run`
            self._errors.append(error)
        del self._turns[get_ident()]
        self._wake_next()

    def _lie_down(self, turn: _Turn, seconds: float) -> None:
        heapq.heappush(self._asleep, (self.now + max(0.0, seconds), next(self._numbers), turn))

    def _wake_next(self) -> None:
        if self._errors or not self._asleep:
            self._main.come()
            return
        self.now, _, turn = heapq.heappop(self._asleep)
        turn.come()
