"""Which audio track should be the default: commentary and descriptions out, then language, then quality."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from queueapp.media import language
from queueapp.media.audio_tracks import AudioTrack

#: Stands in a language order for the language the title was made in.
ORIGINAL = "original"
#: Titles of tracks that accompany a film rather than being its sound.
EXCLUDED_TITLES = r"comment|descri|narrat|audio ?descr|\bAD\b|karaoke|isolated"
#: Best first; what is not named ranks behind them all.
CODECS = ("truehd", "dtshd", "flac", "pcm", "alac", "dts", "eac3", "ac3", "opus", "aac", "vorbis", "mp3")


@dataclass(frozen=True, slots=True)
class AudioRules:
    """How to choose; `languages` are codes in any ISO 639 spelling, and the word `original`."""

    languages: tuple[str, ...] = (ORIGINAL, "eng")
    excluded_titles: str = EXCLUDED_TITLES
    #: the language that tracks without one are taken to speak; '' takes them last
    assumed_language: str = ""
    #: of the title, as its metadata says; '' when unknown
    original_language: str = ""

    def order(self) -> list[str]:
        """The languages wanted, each in its shortest code, first wish first."""
        wanted = (self.original_language if one == ORIGINAL else one for one in self.languages)
        codes = (language.normalise(one) for one in wanted)
        return list(dict.fromkeys(code for code in codes if code))


@dataclass(frozen=True, slots=True)
class Choice:
    """The track to make the default, or None and the reason why there is none."""

    track: AudioTrack | None
    reason: str = ""
    message: str = ""


def choose(tracks: Sequence[AudioTrack], rules: AudioRules) -> Choice:
    """Choose the track that should be the only default."""
    if not tracks:
        return Choice(None, "no_audio", "there is no audio track")
    candidates = [one for one in tracks if is_candidate(one, rules)]
    if not candidates:
        return Choice(None, "no_candidate", "every audio track is a commentary, a description or disabled")
    order = rules.order()
    ranked = {one.number: _language_rank(one, rules, order) for one in candidates}
    wanted = [one for one in candidates if ranked[one.number] is not None]
    if not wanted and not any(_spoken(one, rules) for one in candidates):
        wanted = candidates  # not one says what it speaks: quality decides among them
    if not wanted:
        found = ", ".join(dict.fromkeys(one.label for one in candidates))
        asked = ", ".join(language.three_letters(one) or one for one in order) or "no language"
        return Choice(None, "no_matching_track", f"no audio track is in {asked}; there is {found}")
    return Choice(min(wanted, key=lambda one: (ranked[one.number] or (0, False), *_quality(one))))


def is_candidate(track: AudioTrack, rules: AudioRules) -> bool:
    """Whether a track is the film's own sound, by its flags and its title."""
    aside = track.commentary or track.visual_impaired or track.hearing_impaired or track.karaoke
    if aside or not track.enabled:
        return False
    return not (rules.excluded_titles and re.search(rules.excluded_titles, track.title, re.IGNORECASE))


def _spoken(track: AudioTrack, rules: AudioRules) -> str:
    return track.language or language.normalise(rules.assumed_language)


def _language_rank(track: AudioTrack, rules: AudioRules, order: Sequence[str]) -> tuple[int, bool] | None:
    """The place of a track's language in the order; one that only is of the wanted one's group comes behind it."""
    spoken = _spoken(track, rules)
    for place, wanted in enumerate(order):
        if spoken == wanted or language.includes(wanted, spoken):
            return place, spoken != wanted
    return None


def _quality(track: AudioTrack) -> tuple[bool, int, int, int]:
    codec = CODECS.index(track.codec) if track.codec in CODECS else len(CODECS)
    return (not track.original, -track.channels, codec, track.number)
