"""Work shared out among threads: the kernels let each other run. Results never depend on how many there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from numba.core import config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Item = TypeVar("Item")
    Result = TypeVar("Result")

MOST = 16


def threads() -> int:
    """Return how many threads are used: the processors of this process, or what ``NUMBA_NUM_THREADS`` says."""
    return max(1, min(MOST, int(getattr(config, "NUMBA_NUM_THREADS", 1))))


class Workers:
    """Threads that live for one task."""

    def __init__(self, pool: ThreadPoolExecutor | None) -> None:
        """Work in ``pool``, or without one in the caller's thread."""
        self._pool = pool

    def each(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Return ``work`` of every item, in their order; the first error is raised."""
        if self._pool is None or len(items) < 2:  # noqa: PLR2004 - one item needs no second thread
            return [work(item) for item in items]
        return list(self._pool.map(work, items))


@contextmanager
def workers() -> Iterator[Workers]:
    """Start threads, and stop them at the end."""
    if threads() == 1:
        yield Workers(None)
        return
    with ThreadPoolExecutor(threads()) as pool:
        yield Workers(pool)
