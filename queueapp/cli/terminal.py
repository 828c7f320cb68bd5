"""The terminal's foreground group: whom Ctrl-C reaches."""

from __future__ import annotations

import atexit
import os
import signal
import sys


def take_foreground() -> None:
    """Make ourselves the terminal's foreground group until we end.

    Started by make we share its group: Ctrl-C would reach make too, which then reports an error however well
    we drained. Without a terminal, or as leader of our group already, nothing changes.
    """
    terminal = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None
    if terminal is None or os.getpgrp() == os.getpid():
        return
    before = os.getpgrp()
    try:
        if os.tcgetpgrp(terminal) != before:
            return
        # Handing the terminal over from the background stops whoever does it, unless this is ignored.
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpid())
    except OSError:
        return
    atexit.register(_give_back, terminal, before)


def _give_back(terminal: int, group: int) -> None:
    try:
        os.tcsetpgrp(terminal, group)
    except OSError:
        pass
