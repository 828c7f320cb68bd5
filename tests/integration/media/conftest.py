"""Libraries of files that need not play, for scans."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from queueapp.bootstrap import Runtime
from tests.media_tree import plant
from tests.running_scan import ScannedLibrary
from tests.unreadable import Refusals

NAMES = ("Heat (1995)", "Alien (1979)", "Brazil (1985)", "Ran (1985)", "Rio Bravo (1959)", "M (1931)")
FILMS = [f"{name}/{name}.mkv" for name in NAMES]


@pytest.fixture
def films(runtime: Runtime, tmp_path: Path) -> ScannedLibrary:
    """Six films, each in its own folder."""
    plant(tmp_path / "films", FILMS)
    return ScannedLibrary(runtime, tmp_path / "films")


@pytest.fixture
def refuse_to_list(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Make listing a folder fail with EACCES, for root too."""
    refusals = Refusals(os.scandir)
    monkeypatch.setattr(os, "scandir", refusals)
    yield refusals.refuse
    refusals.allow_all()
