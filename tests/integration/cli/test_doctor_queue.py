"""`queueapp doctor --queue`."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from queueapp.cli import cli
from queueapp.runtime import Runtime
from queueapp.services import enqueue
from queueapp.services.enqueue import NewTask


@pytest.fixture
def environ(runtime: Runtime) -> dict[str, str]:
    settings = runtime.settings
    return {
        "DATABASE_URL": settings.database_url or "",
        "REDIS_URL": settings.redis_url or "",
        "QUEUEAPP_DATA_DIR": str(settings.data_dir),
    }


def _doctor(environ: dict[str, str], *arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(cli, ["doctor", "--queue", *arguments], env=environ)
    assert result.exit_code == status, result.output
    return result.stdout


def _document(environ: dict[str, str], status: int = 0) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_doctor(environ, "--json", status=status))
    return document


def test_it_says_that_all_agrees(environ: dict[str, str]) -> None:
    output = _doctor(environ)
    assert "ok   queue: ledger, Redis and workers agree" in output
    assert "nothing ever had to be handed out again" in output
    assert _document(environ)["queue"]["agrees"] is True


def test_it_says_what_redis_lost(environ: dict[str, str], runtime: Runtime) -> None:
    enqueue.create_task(runtime, NewTask("noop", items=[{}, {}], created_by="test"))
    runtime.redis.flushdb()
    with runtime.transaction() as session:
        session.execute(sa.text("UPDATE queue_items SET dispatched_at = now() - interval '1 minute'"))
    assert "BAD  queue: 2 items dispatched, but not in Redis" in _doctor(environ, status=1)
    assert _document(environ, status=1)["queue"]["items_without_message_count"] == 2


def test_redis_away_ends_it_with_5(environ: dict[str, str]) -> None:
    away = environ | {"REDIS_URL": "redis://127.0.0.1:1/0"}
    assert "BAD  redis: cannot reach Redis" in _doctor(away, status=5)
    assert _document(away, status=5)["findings"][0]["check"] == "redis"


def test_it_does_not_go_with_only(environ: dict[str, str]) -> None:
    _doctor(environ, "--only", "redis", status=2)
