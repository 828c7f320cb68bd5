"""Folders that cannot be listed, also when the tests run as root."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unreadable import Refusals


@pytest.fixture
def refuse_to_list(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Make listing a folder fail with EACCES, for root too."""
    refusals = Refusals(os.scandir)
    monkeypatch.setattr(os, "scandir", refusals)
    yield refusals.refuse
    refusals.allow_all()
