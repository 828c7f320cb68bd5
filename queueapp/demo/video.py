"""Tiny but real videos, made by ffmpeg: a moving picture and any number of audio tracks."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from queueapp.errors import ConfigError

#: Containers whose subtitle and audio codecs are those of MP4.
MP4_SUFFIXES = frozenset({".mp4", ".m4v", ".mov"})
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Audio:
    """One audio track: its ISO 639-2 language, its title, and whether players pick it by themselves."""

    language: str = "eng"
    title: str = ""
    default: bool = False
    channels: int = 2


def ffmpeg_program(configured: str | None = None) -> str:
    """The ffmpeg program: the configured one, the system's, else the one in the package imageio-ffmpeg."""
    found = configured or shutil.which("ffmpeg")
    if found:
        return found
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise ConfigError("no ffmpeg found: install ffmpeg, or set tools.ffmpeg to its path") from None


def make_video(
    path: Path,
    seconds: float = 1.0,
    audio: Sequence[Audio] = (Audio(default=True),),
    *,
    size: str = "320x180",
    cache: Path | None = None,
    ffmpeg: str | None = None,
) -> Path:
    """Write a playable video to `path`; the container follows the suffix. An existing file is left as it is.

    With `cache` (a folder) a file of the same make is encoded once and copied from then on.
    """
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    if cache is None:
        _encode(path, seconds, audio, size, ffmpeg_program(ffmpeg))
        return path
    make = hashlib.sha256(repr((path.suffix, seconds, tuple(audio), size)).encode()).hexdigest()[:16]
    master = cache / f"{make}{path.suffix}"
    if not master.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _encode(master, seconds, audio, size, ffmpeg_program(ffmpeg))
    _place(path, lambda temporary: shutil.copyfile(master, temporary))
    return path


def _encode(path: Path, seconds: float, audio: Sequence[Audio], size: str, ffmpeg: str) -> None:
    def encode(temporary: Path) -> None:
        command = [ffmpeg, "-v", "error", "-y", *_inputs(seconds, audio, size), *_codecs(path, audio)]
        done = subprocess.run(
            [*command, "-f", _format(path), str(temporary)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            reason = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise ConfigError(
                f"ffmpeg could not make {path.name}: {reason[-1] if reason else 'no reason given'}"
            )

    _place(path, encode)


def _place(path: Path, write: Callable[[Path], object]) -> None:
    """Have the file written beside its place, then moved there whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _inputs(seconds: float, audio: Sequence[Audio], size: str) -> list[str]:
    arguments = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=12:duration={seconds}"]
    for number, _ in enumerate(audio):
        arguments += ["-f", "lavfi", "-i", f"sine=frequency={330 + 110 * number}:duration={seconds}"]
    return arguments


def _codecs(path: Path, audio: Sequence[Audio]) -> list[str]:
    arguments = [
        "-map",
        "0:v",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-threads",
        "1",
    ]
    mp4 = path.suffix.lower() in MP4_SUFFIXES
    arguments += ["-c:a", "aac" if mp4 else "ac3", "-b:a", "96k"]
    for number, track in enumerate(audio):
        arguments += ["-map", f"{number + 1}:a", f"-ac:a:{number}", str(track.channels)]
        arguments += [f"-metadata:s:a:{number}", f"language={track.language}"]
        if track.title:
            key = "handler_name" if mp4 else "title"
            arguments += [f"-metadata:s:a:{number}", f"{key}={track.title}"]
        arguments += [f"-disposition:a:{number}", "default" if track.default else "0"]
    return arguments


def _format(path: Path) -> str:
    return "mp4" if path.suffix.lower() in MP4_SUFFIXES else "matroska"
