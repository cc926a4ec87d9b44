"""Several workers at once, in an order that a test decides: one runs at a time, up to its next boundary."""

from collections.abc import Callable, Sequence
from random import Random
from threading import Semaphore, Thread, current_thread

from tests.harness.boundaries import Boundaries


class Interleaving:
    """Runs workers in threads of their own, and lets a random one go on at each boundary.

    Attributes
    ----------
    at
        How the names of those boundaries begin.
    """

    def __init__(self, boundaries: Boundaries, random: Random, at: str = "") -> None:
        self._boundaries = boundaries
        self._random = random
        self.at = at
        self._turns: dict[Thread, Semaphore] = {}
        self._over_to_us = Semaphore(0)
        self._errors: list[BaseException] = []

    def run(self, workers: Sequence[Callable[[], object]]) -> None:
        """Run all workers to their ends.

        Raises
        ------
        BaseException
            The first that a worker raised.
        """
        self._turns = {Thread(target=self._whole, args=(worker,)): Semaphore(0) for worker in workers}
        self._boundaries.listeners.append(self._at)
        for thread in self._turns:
            thread.start()
        while self._turns:
            thread = self._random.choice(list(self._turns))
            self._turns[thread].release()
            self._over_to_us.acquire()
        self._boundaries.listeners.remove(self._at)
        for error in self._errors:
            raise error

    def _whole(self, worker: Callable[[], object]) -> None:
        self._turns[current_thread()].acquire()
        try:
            worker()
        except BaseException as error:  # raised in the thread that waits for it
            self._errors.append(error)
        del self._turns[current_thread()]
        self._over_to_us.release()

    def _at(self, name: str) -> None:
        turn = self._turns.get(current_thread())
        if turn is not None and name.startswith(self.at):
            self._over_to_us.release()
            turn.acquire()
