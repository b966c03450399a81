"""CPU time limits: what time ran out for is told, not taken for harmless."""

from __future__ import annotations

import time


class Clock:
    """CPU time of this thread that is left for one column, counted from the first question on."""

    def __init__(self, seconds: float) -> None:
        """Set the limit; the time runs from the first ``start`` on."""
        self._seconds = seconds
        self._end: float | None = None

    def start(self) -> None:
        """Let the time run, if it does not: after a library was loaded, whose loading does not count."""
        if self._end is None:
            self._end = time.thread_time() + self._seconds

    @property
    def over(self) -> bool:
        """Whether the time has run out."""
        return self._end is not None and time.thread_time() > self._end
