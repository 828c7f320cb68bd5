"""The API's document, and the benchmarks where they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from queueapp.cli import cli


def test_the_document_is_printed_without_anything_running(tmp_path: Path) -> None:
    environ = {"QUEUEAPP_DATA_DIR": str(tmp_path / "none"), "DATABASE_URL": "", "REDIS_URL": ""}
    result = CliRunner().invoke(cli, ["openapi"], env=environ)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["openapi"].startswith("3.1")
    assert "/api/queues/tasks" in document["paths"]
    assert not (tmp_path / "none").exists()
    file = tmp_path / "openapi.json"
    assert CliRunner().invoke(cli, ["openapi", "-o", str(file)], env=environ).exit_code == 0
    assert json.loads(file.read_text()) == document


def test_the_benchmarks_are_run_from_the_source_tree() -> None:
    result = CliRunner().invoke(cli, ["bench", "--nonsense"])
    assert result.exit_code == 2


def test_without_the_source_tree_one_line_says_where_the_benchmarks_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Procfile").write_text("web: true\n")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["bench"])
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "make bench" in result.stderr
