"""Small real videos with several audio tracks, made by ffmpeg once per session, and a look at what they hold."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from queueapp.demo import ffmpeg_program

FFMPEG = ffmpeg_program()
#: On a test of what needs more than the ffmpeg that comes as a package.
needs_programs = pytest.mark.skipif(
    not all(map(shutil.which, ("ffprobe", "mkvpropedit", "mkvmerge"))),
    reason="ffmpeg or mkvtoolnix is not installed",
)


@dataclass(frozen=True)
class Track:
    """One audio track; `flags` are ffmpeg's words for them, with + between."""

    language: str = "und"
    title: str = ""
    flags: str = "0"
    channels: int = 1
    codec: str = ""


def make(
    path: Path, *tracks: Track, seconds: float = 1.0, timecode: bool = False, chapters: str = ""
) -> Path:
    """Write an MKV, MP4 or MOV with these audio tracks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [FFMPEG, "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=s=160x90:r=10:d={seconds}"]
    command += ["-f", "lavfi", "-i", f"sine=d={seconds}"]
    if chapters:
        command += ["-i", chapters]
    command += ["-map", "0:v", *["-map", "1:a"] * len(tracks)]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p"]
    in_mp4 = path.suffix in (".mp4", ".m4v", ".mov")
    for number, track in enumerate(tracks):
        command += [f"-c:a:{number}", track.codec or ("aac" if in_mp4 else "ac3")]
        command += [f"-ac:a:{number}", str(track.channels), f"-disposition:a:{number}", track.flags]
        command += [f"-metadata:s:a:{number}", f"language={track.language}"]
        key = "handler_name" if in_mp4 else "title"
        command += [f"-metadata:s:a:{number}", f"{key}={track.title}"] if track.title else []
    command += ["-timecode", "01:00:00:00"] if timecode else []
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=60)
    return path


def defaults(path: Path) -> list[int]:
    """The audio tracks flagged default, by ffprobe, the first being 0."""
    command = ["ffprobe", "-v", "error", "-select_streams", "a", "-show_streams", "-of", "json", str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return [n for n, one in enumerate(found["streams"]) if one["disposition"]["default"]]


def flags(path: Path, number: int) -> set[str]:
    """The flags of one audio track, by ffprobe."""
    command = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        f"a:{number}",
        "-show_streams",
        "-of",
        "json",
        str(path),
    ]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {name for name, value in found["streams"][0]["disposition"].items() if value}


def kinds(path: Path) -> list[str]:
    """The kinds of all streams."""
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
