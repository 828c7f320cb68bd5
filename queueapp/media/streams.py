"""What is inside a video file, read by MediaInfo (package pymediainfo, which brings the library)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from pymediainfo import MediaInfo

from queueapp.media import language


class NotPlayable(Exception):
    """The file holds no video; the message says so to a person."""


class _Stored(BaseModel):
    # What an older version stored must stay readable.
    model_config = ConfigDict(extra="ignore")


class Video(_Stored):
    """One video stream; `hdr` is '', dolbyvision, hdr10plus, hdr10 or hlg, `codec` ffmpeg's word."""

    codec: str = ""
    width: int | None = None
    height: int | None = None
    aspect: float | None = None
    frame_rate: float | None = None
    bit_depth: int | None = None
    hdr: str = ""
    scan_type: str = ""
    duration_seconds: float | None = None
    language: str = ""
    title: str = ""
    default: bool = False
    forced: bool = False


class Audio(_Stored):
    """One audio stream; `language` is the shortest standard code, '' when the file does not say."""

    codec: str = ""
    channels: int | None = None
    language: str = ""
    title: str = ""
    default: bool = False
    forced: bool = False
    bit_rate: int | None = None
    sampling_rate: int | None = None


class Text(_Stored):
    """One subtitle stream; `external` names the file it comes from when it is not inside the video."""

    codec: str = ""
    language: str = ""
    title: str = ""
    default: bool = False
    forced: bool = False
    external: str = ""


class Streams(_Stored):
    """The streams of a title's main file; duration and size are those of all its parts together."""

    container: str = ""
    duration_seconds: float | None = None
    size_bytes: int = 0
    bit_rate: int | None = None
    chapters: bool = False
    truncated: bool = False
    video: list[Video] = []
    audio: list[Audio] = []
    text: list[Text] = []

    @property
    def resolution(self) -> str:
        """2160p, 1080p, 720p, 576p or 480p, by the width too, since films are cropped in height."""
        first = self.video[0] if self.video else Video()
        width, height = first.width or 0, first.height or 0
        for label, least_width, least_height in _RESOLUTIONS:
            if width >= least_width or height >= least_height:
                return label
        return f"{height}p" if height else ""


_RESOLUTIONS = (
    ("2160p", 3200, 2000), ("1080p", 1800, 1000), ("720p", 1200, 700), ("576p", 700, 560), ("480p", 600, 470),
)  # fmt: skip
#: MediaInfo's format names to the words of ffmpeg, which Kodi shows.
_VIDEO_CODECS = {
    "avc": "h264", "hevc": "hevc", "av1": "av1", "vp9": "vp9", "vp8": "vp8", "mpeg-4 visual": "mpeg4",
    "mpeg video": "mpeg2video", "vc-1": "vc1", "ffv1": "ffv1", "theora": "theora", "vvc": "vvc",
}  # fmt: skip
_AUDIO_CODECS = {
    "aac": "aac", "ac-3": "ac3", "e-ac-3": "eac3", "dts": "dca", "mlp fba": "truehd",
    "flac": "flac", "opus": "opus", "vorbis": "vorbis", "mpeg audio": "mp3",
    "pcm": "pcm", "alac": "alac", "wma": "wmav2", "ac-4": "ac4",
}  # fmt: skip
_TEXT_CODECS = {
    "utf-8": "subrip", "subrip": "subrip", "ass": "ass", "ssa": "ssa", "pgs": "hdmv_pgs_subtitle",
    "vobsub": "dvd_subtitle", "timed text": "mov_text", "webvtt": "webvtt", "dvb subtitle": "dvb_subtitle",
}  # fmt: skip


#: Bytes given to MediaInfo at a time.
_PIECE_BYTES = 64 * 1024


def read(path: str) -> Streams:
    """The streams of one file.

    Raises NotPlayable when it holds no video, OSError when it cannot be opened.
    """
    # By handle, not by name: the library reads names in the process's locale, and these may be any bytes.
    with Path(path).open("rb") as file:
        size_bytes = os.fstat(file.fileno()).st_size
        # Given all of a file at once, the library does not go back to headers at the end, where mkvpropedit puts them.
        piece = min(max(size_bytes // 8, 1), _PIECE_BYTES)
        tracks = [track.to_data() for track in MediaInfo.parse(file, full=True, buffer_size=piece).tracks]
    streams = from_tracks(tracks)
    streams.size_bytes = size_bytes
    if not streams.video:
        raise NotPlayable("no video was found in it; it may be damaged, not fully copied, or something else")
    return streams


def from_tracks(tracks: Sequence[Mapping[str, Any]]) -> Streams:
    """Streams from MediaInfo's tracks (as pymediainfo's `to_data` gives them)."""
    general = next((one for one in tracks if one.get("track_type") == "General"), {})
    kinds: dict[str, list[Mapping[str, Any]]] = {"Video": [], "Audio": [], "Text": [], "Menu": []}
    for track in tracks:
        kinds.get(str(track.get("track_type")), []).append(track)
    return Streams(
        container=str(general.get("format") or ""),
        duration_seconds=_seconds(general.get("duration")),
        size_bytes=_whole(general.get("file_size")) or 0,
        bit_rate=_whole(general.get("overall_bit_rate")),
        chapters=bool(kinds["Menu"]),
        truncated=general.get("istruncated") == "Yes",
        video=[_video(one) for one in kinds["Video"] if not _is_picture(one)],
        audio=[_audio(one) for one in kinds["Audio"]],
        text=[_text(one) for one in kinds["Text"]],
    )


def joined(parts: Sequence[Streams]) -> Streams:
    """The first part's streams with the length and size of all."""
    durations = [one.duration_seconds for one in parts]
    total = sum(one for one in durations if one) if any(durations) else None
    size = sum(one.size_bytes for one in parts)
    return parts[0].model_copy(update={"duration_seconds": total, "size_bytes": size})


def _video(track: Mapping[str, Any]) -> Video:
    return Video(
        codec=_codec(track, _VIDEO_CODECS),
        width=_whole(track.get("width")),
        height=_whole(track.get("height")),
        aspect=_number(track.get("display_aspect_ratio")),
        frame_rate=_number(track.get("frame_rate")),
        bit_depth=_whole(track.get("bit_depth")),
        hdr=_hdr(track),
        scan_type=str(track.get("scan_type") or "").lower(),
        duration_seconds=_seconds(track.get("duration")),
        **_named(track),
    )


def _audio(track: Mapping[str, Any]) -> Audio:
    return Audio(
        codec=_codec(track, _AUDIO_CODECS),
        channels=_whole(track.get("channel_s")),
        bit_rate=_whole(track.get("bit_rate")),
        sampling_rate=_whole(track.get("sampling_rate")),
        **_named(track),
    )


def _text(track: Mapping[str, Any]) -> Text:
    return Text(codec=_codec(track, _TEXT_CODECS), **_named(track))


def _named(track: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "language": language.normalise(str(track.get("language") or "")),
        "title": str(track.get("title") or ""),
        "default": track.get("default") == "Yes",
        "forced": track.get("forced") == "Yes",
    }


def _codec(track: Mapping[str, Any], words: Mapping[str, str]) -> str:
    name = str(track.get("format") or "").lower()
    return words.get(name, name.replace(" ", "_"))


def _hdr(track: Mapping[str, Any]) -> str:
    said = f"{track.get('hdr_format') or ''} {track.get('hdr_format_compatibility') or ''}".lower()
    transfer = str(track.get("transfer_characteristics") or "").lower()
    if "dolby vision" in said:
        return "dolbyvision"
    if "hdr10+" in said or "2094 app 4" in said:
        return "hdr10plus"
    if "hdr10" in said or "2086" in said or transfer == "pq":
        return "hdr10"
    return "hlg" if "hlg" in transfer or "hlg" in said else ""


def _is_picture(track: Mapping[str, Any]) -> bool:
    # A cover inside the file is listed as a video of one picture.
    return str(track.get("format") or "").lower() in ("jpeg", "png", "bmp", "gif")


def _seconds(milliseconds: Any) -> float | None:
    value = _number(milliseconds)
    return round(value / 1000, 3) if value is not None else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None else None


def _number(value: Any) -> float | None:
    try:
        return float(str(value).split(" / ", 1)[0])
    except ValueError:
        return None
