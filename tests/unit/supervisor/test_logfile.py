"""Logs that children append to."""

from __future__ import annotations

from queueapp.supervisor import logfile
from queueapp.supervisor.logfile import LogFile


def test_only_whole_new_lines_are_passed_on(tmp_path):
    path = tmp_path / "web.log"
    path.write_text("of an earlier start\n")
    log = LogFile(path)
    with log.open() as output:
        output.write(b"one\ntw")
        output.flush()
        assert log.new_lines() == ["one"]
        output.write(b"o\n")
        output.flush()
        assert log.new_lines() == ["two"]
        assert log.new_lines() == []


def test_a_large_log_is_cut_while_its_writer_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(logfile, "LARGEST_BYTES", 10)
    log = LogFile(tmp_path / "web.log")
    with log.open() as output:
        for text in (b"a" * 20, b"b" * 20, b"c" * 20, b"d" * 20, b"e"):
            output.write(text + b"\n")
            output.flush()
            log.rotate_if_large()
    assert {path.name: path.read_text()[0] for path in tmp_path.iterdir()} == {
        "web.log": "e",
        "web.log.1": "d",
        "web.log.2": "c",
        "web.log.3": "b",
    }


def test_the_last_lines_explain_a_death(tmp_path):
    log = LogFile(tmp_path / "web.log")
    (tmp_path / "web.log").write_text("\n".join(f"line {number}" for number in range(5000)) + "\n\n")
    assert log.last_lines(2) == ["line 4998", "line 4999"]
    assert LogFile(tmp_path / "none.log").last_lines() == []
