"""Reading the Procfile, ours and bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from queueapp.errors import ConfigError
from queueapp.supervisor import application_root, read_procfile


def test_ours_has_the_five_lines(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert list(read_procfile(application_root())) == ["release", "web", "worker", "priority", "scheduler"]


def test_each_dramatiq_line_runs_one_process_so_that_a_killed_worker_comes_back_alone():
    lines = read_procfile(application_root())
    assert all("dramatiq actors -p 1 " in lines[name] for name in ("worker", "priority"))


def test_comments_and_blank_lines_are_passed_over(tmp_path):
    (tmp_path / "Procfile").write_text("# all\n\nweb: serve --port $PORT\n  job:  run: it\n")
    assert read_procfile(tmp_path) == {"web": "serve --port $PORT", "job": "run: it"}


@pytest.mark.parametrize("text", ["web serve", "web:", "web: a\nweb: b"])
def test_a_bad_line_is_refused_by_number(tmp_path: Path, text):
    (tmp_path / "Procfile").write_text(text)
    with pytest.raises(ConfigError, match="Procfile line"):
        read_procfile(tmp_path)


def test_the_working_directory_with_a_procfile_is_the_application(tmp_path, monkeypatch):
    (tmp_path / "Procfile").write_text("web: serve\n")
    monkeypatch.chdir(tmp_path)
    assert application_root() == tmp_path
