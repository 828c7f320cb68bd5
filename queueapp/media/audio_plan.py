"""What has to change for one track to be the only default, and the commands that change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from queueapp.media.audio_tracks import AudioTrack, Contents

#: Seconds by which a length may differ after a change that leaves the streams as they are.
DURATION_TOLERANCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """The tracks as they are, and the one that is to be the only default."""

    tracks: tuple[AudioTrack, ...]
    target: AudioTrack

    @property
    def to_clear(self) -> list[AudioTrack]:
        """The tracks that are default and should not be."""
        return [one for one in self.tracks if one.default and one.number != self.target.number]

    @property
    def is_done(self) -> bool:
        """Whether the target is the only default already."""
        return self.target.default and not self.to_clear

    @property
    def message(self) -> str:
        """What the change amounts to, for people."""
        return f"Set default audio track to '{self.target.label}'"

    def changes(self) -> list[dict[str, object]]:
        """Each track's flags before and after."""
        return [_change(one, one.number == self.target.number) for one in self.tracks]

    def mkvpropedit(self, program: str, path: str) -> list[str]:
        """The command that writes the flags into a Matroska file in place."""
        command = [program, path]
        for one in self.to_clear:
            command += ["--edit", f"track:a{one.number + 1}", "--set", "flag-default=0"]
        if not self.target.default:
            command += ["--edit", f"track:a{self.target.number + 1}", "--set", "flag-default=1"]
        return command

    def undo_mkvpropedit(self, program: str, path: str) -> list[str]:
        """The command that writes back the flags as they were."""
        command = [program, path]
        for one in self.tracks:
            command += [
                "--edit",
                f"track:a{one.number + 1}",
                "--set",
                f"flag-default={int(one.default)}",
            ]
        return command

    def ffmpeg(self, program: str, path: str, output: str, container: str) -> list[str]:
        """The command that writes an MP4 or MOV with these flags anew, every stream copied as it is.

        Streams of data (timecodes) are left out: the container refuses to take them over. `+` and `-` change one
        flag and keep the others. Without `-strict unofficial` ffmpeg leaves out what tells a player of Dolby Vision
        and of spherical video.
        """
        command = [program, "-v", "error", "-nostdin", "-nostats", "-progress", "pipe:1", "-y", "-i", path]
        command += ["-map", "0", "-map", "-0:d", "-c", "copy", "-map_metadata", "0", "-strict", "unofficial"]
        for one in self.tracks:
            sign = "+" if one.number == self.target.number else "-"
            command += [f"-disposition:a:{one.number}", f"{sign}default"]
        return [*command, "-movflags", "+faststart", "-f", container, output]


def differences(before: Contents, after: Contents, target: int) -> list[str]:
    """What is not as it should be after the change, in words; empty when all is right."""
    found = []
    if len(after.streams) != len(before.streams):
        found.append(f"{len(after.streams)} streams instead of {len(before.streams)}")
    elif after.streams != before.streams:
        found.append("codecs or languages differ")
    elif after.properties != before.properties:
        found.append("what the streams say of their pictures (HDR, Dolby Vision, rotation) differs")
    if after.chapters != before.chapters:
        found.append(f"{after.chapters} chapters instead of {before.chapters}")
    if before.duration_seconds is not None and (
        after.duration_seconds is None
        or abs(after.duration_seconds - before.duration_seconds) > DURATION_TOLERANCE_SECONDS
    ):
        found.append(f"it lasts {after.duration_seconds} s instead of {before.duration_seconds:.1f} s")
    defaults = [one.number for one in after.audio if one.default]
    if defaults != [target]:
        found.append(f"the default audio tracks are {_ordinals(defaults)} instead of {target + 1}")
    lost = [
        one.number for one, now in zip(before.audio, after.audio, strict=False) if _kept(one) != _kept(now)
    ]
    if lost:
        found.append(f"other flags of audio track {_ordinals(lost)} changed")
    return found


def _kept(track: AudioTrack) -> tuple[bool, bool]:
    return track.forced, track.original


def _ordinals(numbers: Sequence[int]) -> str:
    return ", ".join(str(number + 1) for number in numbers) or "none"


def _change(track: AudioTrack, is_target: bool) -> dict[str, object]:
    before = track.flags
    after = (["default"] if is_target else []) + [one for one in before if one != "default"]
    return {
        "track": track.number + 1,
        "language": track.label,
        "title": track.title,
        "codec": track.codec,
        "channels": track.channels,
        "before": before,
        "after": after,
    }
