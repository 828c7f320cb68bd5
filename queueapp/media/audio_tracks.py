"""The audio tracks of a file with their flags, as mkvmerge and ffprobe tell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from queueapp.media import language


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio track; `number` counts audio tracks only, from 0, and `language` is the shortest code or ''."""

    number: int
    codec: str = ""
    channels: int = 0
    language: str = ""
    title: str = ""
    default: bool = False
    forced: bool = False
    original: bool = False
    commentary: bool = False
    visual_impaired: bool = False
    hearing_impaired: bool = False
    karaoke: bool = False
    enabled: bool = True

    @property
    def label(self) -> str:
        """The language for people, in the code that Kodi shows; `und` when the file does not say."""
        return language.three_letters(self.language) or self.language or "und"

    @property
    def flags(self) -> list[str]:
        """The names of the flags that are set."""
        names = ("default", "forced", "original", "commentary", "visual_impaired", "hearing_impaired")
        return [name for name in names if getattr(self, name)]


@dataclass(frozen=True, slots=True)
class Contents:
    """What is inside a file as far as a change of flags may not touch it."""

    #: (kind, codec, language) of each stream, in order
    streams: tuple[tuple[str, str, str], ...]
    #: streams of data such as timecodes, which not every container takes over
    data: tuple[str, ...]
    duration_seconds: float | None
    audio: tuple[AudioTrack, ...]
    chapters: int = 0
    #: of each stream what ffprobe tells beside its frames: HDR, Dolby Vision, rotation …
    properties: tuple[tuple[str, ...], ...] = ()
    #: the names of what the file says of itself
    tags: tuple[str, ...] = ()


def from_mkvmerge(said: Mapping[str, Any]) -> Contents:
    """Read the JSON of `mkvmerge -J`."""
    tracks = said.get("tracks") or []
    length = ((said.get("container") or {}).get("properties") or {}).get("duration")
    audio = [one for one in tracks if one.get("type") == "audio"]
    return Contents(
        streams=tuple(_matroska_stream(one) for one in tracks),
        data=(),
        duration_seconds=int(length) / 1e9 if length else None,
        audio=tuple(_matroska_audio(number, one) for number, one in enumerate(audio)),
    )


def _matroska_stream(track: Mapping[str, Any]) -> tuple[str, str, str]:
    known = track.get("properties") or {}
    return (str(track.get("type")), str(known.get("codec_id") or track.get("codec")), _language(known))


def _matroska_audio(number: int, track: Mapping[str, Any]) -> AudioTrack:
    known = track.get("properties") or {}
    return AudioTrack(
        number=number,
        codec=_matroska_codec(str(known.get("codec_id") or ""), str(track.get("codec") or "")),
        channels=int(known.get("audio_channels") or 0),
        language=_language(known),
        title=str(known.get("track_name") or ""),
        default=bool(known.get("default_track")),
        forced=bool(known.get("forced_track")),
        original=bool(known.get("flag_original")),
        commentary=bool(known.get("flag_commentary")),
        # Sounds described for those who do not see; "text descriptions" are read out to the same people.
        visual_impaired=bool(known.get("flag_visual_impaired") or known.get("flag_text_descriptions")),
        hearing_impaired=bool(known.get("flag_hearing_impaired")),
        enabled=bool(known.get("enabled_track", True)),
    )


def _language(known: Mapping[str, Any]) -> str:
    # The newer tag wins where both are written (Matroska specification, LanguageBCP47).
    return language.normalise(known.get("language_ietf")) or language.normalise(known.get("language"))


#: Matroska codec ids by their beginning, to ffmpeg's words.
_MATROSKA_CODECS = (
    ("A_TRUEHD", "truehd"), ("A_MLP", "truehd"), ("A_DTS", "dts"), ("A_FLAC", "flac"), ("A_PCM", "pcm"),
    ("A_ALAC", "alac"), ("A_EAC3", "eac3"), ("A_AC3", "ac3"), ("A_OPUS", "opus"), ("A_AAC", "aac"),
    ("A_VORBIS", "vorbis"), ("A_MPEG", "mp3"),
)  # fmt: skip


def _matroska_codec(codec_id: str, name: str) -> str:
    word = next((word for start, word in _MATROSKA_CODECS if codec_id.startswith(start)), codec_id.lower())
    return "dtshd" if word == "dts" and "HD" in name.upper() else word


def from_ffprobe(said: Mapping[str, Any]) -> Contents:
    """Read the JSON of `ffprobe -show_streams -show_format -show_chapters`."""
    streams = said.get("streams") or []
    length = (said.get("format") or {}).get("duration")
    audio = [one for one in streams if one.get("codec_type") == "audio"]
    kept = [one for one in streams if one.get("codec_type") != "data"]
    data = [one for one in streams if one.get("codec_type") == "data"]
    return Contents(
        streams=tuple(_stream(one) for one in kept),
        data=tuple(str(one.get("codec_tag_string") or one.get("codec_name") or "data") for one in data),
        duration_seconds=float(length) if length else None,
        audio=tuple(_audio(number, one) for number, one in enumerate(audio)),
        chapters=len(said.get("chapters") or []),
        properties=tuple(_properties(one) for one in kept),
        tags=tuple(sorted((said.get("format") or {}).get("tags") or {})),
    )


#: What ffprobe derives from the streams themselves, or counts, says nothing of what was kept.
_DERIVED = frozenset({"CPB properties"})


def _properties(stream: Mapping[str, Any]) -> tuple[str, ...]:
    found = {str(one.get("side_data_type")) for one in stream.get("side_data_list") or []}
    return tuple(sorted(found - _DERIVED))


def _stream(stream: Mapping[str, Any]) -> tuple[str, str, str]:
    spoken = language.normalise((stream.get("tags") or {}).get("language"))
    return (str(stream.get("codec_type")), str(stream.get("codec_name")), spoken)


def _audio(number: int, stream: Mapping[str, Any]) -> AudioTrack:
    flags, tags = stream.get("disposition") or {}, stream.get("tags") or {}
    codec = str(stream.get("codec_name") or "")
    if codec == "dts" and "HD" in str(stream.get("profile") or ""):
        codec = "dtshd"
    return AudioTrack(
        number=number,
        codec="pcm" if codec.startswith("pcm_") else codec,
        channels=int(stream.get("channels") or 0),
        language=language.normalise(tags.get("language")),
        title=_title(tags),
        default=bool(flags.get("default")),
        forced=bool(flags.get("forced")),
        original=bool(flags.get("original")),
        commentary=bool(flags.get("comment")),
        visual_impaired=bool(flags.get("visual_impaired") or flags.get("descriptions")),
        hearing_impaired=bool(flags.get("hearing_impaired")),
        karaoke=bool(flags.get("karaoke")),
    )


#: What programs write where MP4 keeps a track's name, though it names nothing.
_NAMELESS = frozenset({
    "soundhandler", "sound media handler", "core media audio", "audiohandler", "audio",
    "mainconcept mp4 sound media handler", "apple sound media handler",
})  # fmt: skip


def _title(tags: Mapping[str, Any]) -> str:
    for key in ("title", "name", "handler_name"):
        text = str(tags.get(key) or "").strip()
        if text and text.lower() not in _NAMELESS:
            return text
    return ""
