"""Asks mkvmerge or ffprobe what is inside a file."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from queueapp.config import Settings
from queueapp.errors import Permanent
from queueapp.media import audio_tracks, tools
from queueapp.media.audio_tracks import Contents
from queueapp.media.containers import Container

#: Seconds for a look into a file, which reads no more than its headers.
PROBE_SECONDS = 60.0

#: Runs a program to its end.
Run = Callable[[Sequence[str]], CompletedProcess[str]]


@dataclass(frozen=True, slots=True)
class Probe:
    """Looks into files by programs that `run` runs."""

    settings: Settings
    run: Run

    def contents(self, path: Path, container: Container) -> Contents:
        """The streams of a file. Raises Permanent for a damaged one, or when a program is missing."""
        with plain_name(path) as name:
            if container is Container.MATROSKA:
                return self._matroska(name)
            return self._mp4(name)

    def _matroska(self, name: str) -> Contents:
        done = self.run([tools.find(self.settings, "mkvmerge"), "-J", name])
        said = _json(done)
        if not (said.get("container") or {}).get("supported"):
            raise Permanent(f"the file is damaged: {_reason(said) or 'mkvmerge does not recognise it'}")
        return audio_tracks.from_mkvmerge(said)

    def _mp4(self, name: str) -> Contents:
        program = tools.find(self.settings, "ffprobe")
        wanted = ["-show_streams", "-show_format", "-show_chapters", "-of", "json"]
        done = self.run([program, "-v", "error", *wanted, name])
        said = _json(done)
        if done.returncode != 0 or not said.get("streams"):
            raise Permanent(
                f"the file is damaged: {last_line(done.stderr) or 'ffprobe finds no streams in it'}"
            )
        return audio_tracks.from_ffprobe(said)


@contextlib.contextmanager
def plain_name(path: Path) -> Iterator[str]:
    """A name for a file that every program takes: mkvtoolnix cannot read what its locale does not know."""
    if os.fspath(path).isascii():
        yield os.fspath(path)
        return
    with tempfile.TemporaryDirectory(prefix="queueapp-") as folder:
        link = Path(folder) / f"file{path.suffix if path.suffix.isascii() else ''}"
        link.symlink_to(path)
        yield os.fspath(link)


def last_line(text: str) -> str:
    """The last line that a program said, which is the one with the reason; without paths of ours."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:500] if lines else ""


def _json(done: CompletedProcess[str]) -> dict[str, Any]:
    try:
        said = json.loads(done.stdout or "{}")
    except ValueError:
        said = {}
    return said if isinstance(said, dict) else {}


def _reason(said: dict[str, Any]) -> str:
    return "; ".join(str(one) for one in said.get("errors") or [])
