"""Small real videos with several audio tracks, made by ffmpeg once per session, and a look at what they hold."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def rich(path: Path) -> Path:
    """Write an MP4, German first, with chapters, a forced subtitle, a cover, names, a rotation and tags."""
    chapters, words, cover = (path.with_suffix(suffix) for suffix in (".txt", ".srt", ".png"))
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = (f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={n}000\nEND={n + 1}000\ntitle=Part {n}\n" for n in range(2))
    chapters.write_text(";FFMETADATA1\n" + "".join(parts))
    words.write_text("1\n00:00:00,100 --> 00:00:01,000\nHello\n")
    picture = [FFMPEG, "-v", "error", "-y", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1"]
    subprocess.run([*picture, str(cover)], check=True, timeout=60)
    command = [FFMPEG, "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=10:d=2"]
    command += ["-f", "lavfi", "-i", "sine=d=2"]
    for one in (chapters, words, cover):
        command += ["-i", str(one)]
    for stream in ("0:v", "1:a", "1:a", "3:s", "4:v"):
        command += ["-map", stream]
    command += ["-c:v:0", "libx264", "-c:v:1", "png", "-c:a", "aac", "-c:s", "mov_text", "-map_metadata", "2"]
    command += ["-disposition:v:1", "attached_pic", "-disposition:s:0", "forced"]
    command += ["-disposition:a:0", "default", "-disposition:a:1", "0"]
    for number, (code, name) in enumerate((("ger", "Deutsch"), ("eng", "English"))):
        command += [f"-metadata:s:a:{number}", f"language={code}"]
        command += [f"-metadata:s:a:{number}", f"handler_name={name}"]
    command += ["-metadata:s:s:0", "language=eng", "-metadata:s:v:0", "rotate=90"]
    for tag in ("title=A film", "artist=Me", "date=1999", "hd_video=2", "creation_time=2001-02-03T04:05:06Z"):
        command += ["-metadata", tag]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    for one in (chapters, words, cover):
        one.unlink()
    return path


def dolby_vision(path: Path) -> Path:
    """Write an MP4, German first, that says it is Dolby Vision of profile 8."""
    command = [FFMPEG, "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=10:d=1"]
    command += ["-f", "lavfi", "-i", "sine=d=1", "-map", "0:v", "-map", "1:a", "-map", "1:a", "-c:a", "aac"]
    command += ["-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1"]
    command += ["-disposition:a:0", "default", "-disposition:a:1", "0"]
    command += ["-metadata:s:a:0", "language=ger", "-metadata:s:a:1", "language=eng"]
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([*command, str(path)], check=True, timeout=60)
    made = bytearray(path.read_bytes())
    # dvvC (Dolby Vision Streams Within the ISO Base Media File Format): version 1.0, profile 8, level 3, RPU and base.
    said = struct.pack(">I4sBBHB", 32, b"dvvC", 1, 0, (8 << 9) | (3 << 3) | 5, 1 << 4) + bytes(19)
    assert _insert(made, 0, len(made), [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"hvc1"], said)
    path.write_bytes(made)
    return path


def _insert(made: bytearray, start: int, end: int, way: list[bytes], box: bytes) -> bool:
    """Put a box at the end of the one that the way leads to; what lies around it grows. The index is at the end."""
    while start < end:
        size, name = struct.unpack(">I4s", made[start : start + 8])
        if name == way[0]:
            if len(way) == 1:
                made[start + size : start + size] = box
            head = {b"stsd": 16}.get(name, 8)
            if len(way) == 1 or _insert(made, start + head, start + size, way[1:], box):
                made[start : start + 4] = struct.pack(">I", size + len(box))
                return True
        start += size
    return False


def told(path: Path) -> dict[str, Any]:
    """All that ffprobe tells of a file but its size and its audio flags."""
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-show_chapters", "-of", "json"]
    found = json.loads(subprocess.run([*command, str(path)], check=True, capture_output=True).stdout)
    for stream in found["streams"]:
        stream.pop("extradata_size", None)
        stream["disposition"].pop("default")
    for name in ("filename", "size", "bit_rate"):
        found["format"].pop(name)
    return dict(found)
