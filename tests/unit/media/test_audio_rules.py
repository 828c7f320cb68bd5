"""Which audio track should be the default."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queueapp.media import language
from queueapp.media.audio_plan import AudioPlan, differences
from queueapp.media.audio_rules import AudioRules, choose, is_candidate
from queueapp.media.audio_tracks import AudioTrack, Contents, from_ffprobe, from_mkvmerge

ENGLISH = AudioTrack(0, "ac3", 6, "en")
RULES = AudioRules()


def chosen(*tracks: AudioTrack, rules: AudioRules = RULES) -> int | str:
    numbered = [replace(track, number=number) for number, track in enumerate(tracks)]
    choice = choose(numbered, rules)
    return choice.reason if choice.track is None else choice.track.number


@pytest.mark.parametrize(
    "title",
    ["Director's Commentary", "COMMENT", "Audio Description", "Descriptive", "Narration", "English AD", "Karaoke",
     "Isolated score", "AudioDescr"],
)  # fmt: skip
def test_a_track_that_accompanies_is_no_candidate_by_its_title(title: str) -> None:
    assert not is_candidate(replace(ENGLISH, title=title), RULES)


@pytest.mark.parametrize("title", ["", "English", "Surround 5.1", "Broadcast", "Madness", "Shadow"])
def test_other_titles_are_candidates(title: str) -> None:
    assert is_candidate(replace(ENGLISH, title=title), RULES)


@pytest.mark.parametrize("flag", ["commentary", "visual_impaired", "hearing_impaired", "karaoke"])
def test_a_track_that_accompanies_is_no_candidate_by_its_flags(flag: str) -> None:
    assert not is_candidate(replace(ENGLISH, **{flag: True}), RULES)
    assert not is_candidate(replace(ENGLISH, enabled=False), RULES)


def test_the_first_language_that_is_there_wins() -> None:
    rules = AudioRules(languages=("original", "ger", "eng"), original_language="ja")
    german, japanese = replace(ENGLISH, language="de"), replace(ENGLISH, language="ja")
    assert chosen(ENGLISH, german, japanese, rules=rules) == 2
    assert chosen(ENGLISH, german, rules=rules) == 1
    assert chosen(ENGLISH, rules=rules) == 0
    assert chosen(replace(ENGLISH, language="ko"), rules=rules) == "no_matching_track"


@pytest.mark.parametrize(("said", "spoken"), [("cn", "chi"), ("zh", "cmn"), ("no", "nob"), ("ar", "arb")])
def test_a_language_is_found_by_the_name_of_its_group(said: str, spoken: str) -> None:
    rules = AudioRules(original_language=language.normalise(said))
    exact = replace(ENGLISH, language=language.normalise(said), channels=1)
    akin = replace(ENGLISH, language=language.normalise(spoken))
    assert chosen(ENGLISH, akin, rules=rules) == 1
    assert chosen(ENGLISH, akin, exact, rules=rules) == 2


def test_two_languages_of_a_group_are_not_one() -> None:
    rules = AudioRules(original_language="nb")
    assert chosen(ENGLISH, replace(ENGLISH, language="nn"), rules=rules) == 0
    assert chosen(ENGLISH, replace(ENGLISH, language=""), rules=AudioRules(original_language="")) == 0


def test_original_means_nothing_while_it_is_unknown() -> None:
    assert AudioRules(languages=("original", "fre", "fra", "fr")).order() == ["fr"]


def test_quality_decides_within_a_language() -> None:
    stereo, better = replace(ENGLISH, channels=2), replace(ENGLISH, codec="truehd")
    assert chosen(stereo, ENGLISH) == 1
    assert chosen(ENGLISH, better) == 1
    assert chosen(ENGLISH, ENGLISH) == 0
    assert chosen(better, replace(stereo, original=True)) == 1


def test_tracks_that_say_no_language_come_last() -> None:
    unknown = replace(ENGLISH, language="", channels=8)
    assert chosen(unknown, ENGLISH) == 1
    assert chosen(unknown, replace(unknown, commentary=True)) == 0
    assert chosen(unknown, replace(ENGLISH, language="fr")) == "no_matching_track"
    assumed = AudioRules(assumed_language="eng")
    assert chosen(unknown, replace(ENGLISH, language="fr"), rules=assumed) == 0


def test_there_may_be_nothing_to_choose() -> None:
    assert chosen() == "no_audio"
    assert chosen(replace(ENGLISH, commentary=True)) == "no_candidate"


def test_what_was_changed_by_accident_is_noticed() -> None:
    tracks = (ENGLISH, replace(ENGLISH, number=1, default=True, forced=True))
    before = Contents((("audio", "ac3", "en"),) * 2, (), 100.0, tracks)
    right = replace(before, audio=(replace(ENGLISH, default=True), replace(tracks[1], default=False)))
    assert differences(before, right, 0) == []
    assert differences(before, before, 0) == ["the default audio tracks are 2 instead of 1"]
    assert differences(before, replace(right, duration_seconds=98.0), 0) == [
        "it lasts 98.0 s instead of 100.0 s"
    ]
    assert differences(before, replace(right, streams=right.streams[:1]), 0) == ["1 streams instead of 2"]
    lost = replace(right, audio=(right.audio[0], replace(right.audio[1], forced=False)))
    assert differences(before, lost, 0) == ["other flags of audio track 2 changed"]
    assert differences(before, replace(right, chapters=2), 0) == ["2 chapters instead of 0"]
    (said,) = differences(before, replace(right, properties=(("Display Matrix",),)), 0)
    assert "Dolby Vision" in said


def test_the_commands_name_only_what_changes() -> None:
    tracks = (
        replace(ENGLISH, default=True),
        replace(ENGLISH, number=1),
        replace(ENGLISH, number=2, default=True),
    )
    plan = AudioPlan(tracks, tracks[1])
    assert plan.mkvpropedit("mkvpropedit", "/f") == [
        "mkvpropedit", "/f", "--edit", "track:a1", "--set", "flag-default=0", "--edit", "track:a3", "--set",
        "flag-default=0", "--edit", "track:a2", "--set", "flag-default=1",
    ]  # fmt: skip
    command = " ".join(plan.ffmpeg("ffmpeg", "/in", "/out", "mp4"))
    assert "-map 0 -map -0:d -c copy" in command
    assert "-disposition:a:0 -default -disposition:a:1 +default -disposition:a:2 -default" in command
    assert command.endswith("-movflags +faststart -f mp4 /out")


def test_matroska_tracks_are_read_with_the_newer_language_tag() -> None:
    said = {
        "container": {"properties": {"duration": 2_000_000_000}},
        "tracks": [
            {"type": "video", "codec": "AVC", "properties": {"codec_id": "V_MPEG4/ISO/AVC"}},
            {"type": "audio", "codec": "DTS-HD Master Audio", "properties": {
                "codec_id": "A_DTS", "language": "und", "language_ietf": "pt-BR", "audio_channels": 8,
                "default_track": True, "flag_commentary": True, "enabled_track": False, "track_name": "Talk"}},
        ],
    }  # fmt: skip
    found = from_mkvmerge(said)
    assert found.duration_seconds == 2.0
    expected = AudioTrack(0, "dtshd", 8, "pt", "Talk", default=True, commentary=True, enabled=False)
    assert found.audio == (expected,)


def test_mp4_tracks_have_names_where_programs_put_their_own() -> None:
    def stream(name: str) -> dict[str, object]:
        return {
            "codec_type": "audio",
            "codec_name": "pcm_s16le",
            "tags": {"handler_name": name, "language": "fra"},
        }

    found = from_ffprobe({"streams": [stream("SoundHandler"), stream("Commentary"), {"codec_type": "data"}]})
    assert [(one.title, one.language, one.codec) for one in found.audio] == [
        ("", "fr", "pcm"),
        ("Commentary", "fr", "pcm"),
    ]
    assert (len(found.streams), found.data) == (2, ("data",))
