"""How much memory this process uses."""

from __future__ import annotations

import os
from pathlib import Path


def rss_bytes() -> int | None:
    """Return the resident memory of this process, or None where /proc does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
