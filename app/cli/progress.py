"""A bar that shows how far a long command is; a short one shows nothing."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

QUIET_S = 2


class Bar:
    """Shows how far it is, on a terminal, when it takes longer than ``QUIET_S``."""

    def __init__(self, of_what: str, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._of_what = of_what
        self._clock_s = clock_s
        self._began_s = clock_s()
        self._progress: Progress | None = None

    def advance(self, done: int, of: int) -> None:
        """Show that ``done`` of so many are done."""
        if self._progress is None:
            if self._clock_s() - self._began_s < QUIET_S:
                return
            columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.add_task(self._of_what, total=of)
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], completed=done)

    @property
    def is_shown(self) -> bool:
        """Whether it came to that."""
        return self._progress is not None

    def end(self) -> None:
        """Take it off the screen."""
        if self._progress is not None:
            self._progress.stop()
