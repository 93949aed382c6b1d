"""The terminal of `echowall up`: what it is told, and the signals by which it asks for the end."""

import os
import signal
import sys
from types import FrameType


class CannotGoOn(Exception):  # noqa: N818 - not every reason is an error
    """`echowall up` must end: the sentence for the terminal and the exit status."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class StopAsked(Exception):  # noqa: N818 - it is a request
    """Somebody asked for the end while a step was under way."""


class StopSignals:
    """Remembers what the terminal or the system asked for; handlers only count, so no step is cut in the middle."""

    def __init__(self) -> None:
        self._received: list[int] = []
        self._hears_hangup = True
        self._was_in_foreground = False

    def install(self) -> None:
        """Listen to Ctrl-C, SIGTERM and, unless nohup has it ignored, the closing of the terminal."""
        signal.signal(signal.SIGINT, self._remember)
        signal.signal(signal.SIGTERM, self._remember)
        self._hears_hangup = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        if self._hears_hangup:
            signal.signal(signal.SIGHUP, self._remember)

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        self._received.append(number)

    def asked(self) -> bool:
        """Whether any of them came."""
        return bool(self._received) or (self._hears_hangup and self._terminal_is_gone())

    def impatient(self) -> bool:
        """Whether Ctrl-C came again: kill, do not wait."""
        return self._received.count(signal.SIGINT) > 1

    def _terminal_is_gone(self) -> bool:
        """Whether the terminal in whose foreground this ran was closed.

        Where `make` leads the session, as in `ssh -t HOST make run`, it alone is sent the signal and keeps it.
        """
        try:
            self._was_in_foreground = os.tcgetpgrp(0) == os.getpgrp()
        except OSError:
            return self._was_in_foreground
        return False


def prepare() -> None:
    """See that no character of ours can fail on this terminal."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def say(line: str) -> None:
    """Print one line. A terminal that was closed loses it and is not asked again: stopping must go on without it."""
    try:
        print(line, flush=True)
    except OSError:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, sys.stdout.fileno())
        os.close(descriptor)


def indented(lines: list[str]) -> str:
    """Set lines of somebody's log off from our own."""
    return "\n".join(f"    {line}" for line in lines)
