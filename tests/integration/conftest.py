"""Fixtures for tests of parts together."""

from __future__ import annotations

from collections.abc import Iterator

import argon2
import pytest

from queueapp.services import users


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Hash passwords with little work: nearly every test of a page stores two and signs in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "HASHER", argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield
