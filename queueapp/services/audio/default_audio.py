"""Makes the right audio track of a file its only default: look, choose, check, change, verify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from queueapp.errors import Permanent, Skip
from queueapp.execution.context import Context
from queueapp.media import paths, streams, tools
from queueapp.media.audio_plan import AudioPlan
from queueapp.media.audio_rules import choose
from queueapp.media.audio_tracks import Contents
from queueapp.media.containers import Container, Damaged, Unsupported, container_of
from queueapp.media.streams import NotPlayable
from queueapp.services.audio import audio_change
from queueapp.services.audio.audio_change import Change, Way
from queueapp.services.audio.audio_choice import AudioPolicy, policy_for
from queueapp.services.audio.audio_overrides import AudioOverrides
from queueapp.services.audio.audio_probe import PROBE_SECONDS, Probe
from queueapp.services.player import playing
from queueapp.services.title import analysis
from queueapp.services.title.media_places import Place, file_to_work_on


@dataclass(frozen=True, slots=True)
class Found:
    """A file, what is inside it, and what has to change."""

    place: Place
    policy: AudioPolicy
    container: Container
    before: Contents
    plan: AudioPlan


def set_default_audio(context: Context, path: str, overrides: AudioOverrides) -> dict[str, Any]:
    """Make the track that the rules choose the only default of a file.

    Raises Skip when nothing is to be done (its `reason` says why), Permanent when it cannot be done.
    """
    found = _look(context, path, overrides)
    change = _change(context, found)
    audio_change.refuse_impossible(change)
    report = _report(found, change)
    if context.dry_run:
        context.log(f"Would do: {found.plan.message}")
        return report | {"message": f"Would do: {found.plan.message}", "would_change": True}
    dropped = audio_change.apply(context, change)
    if dropped:
        context.log(f"Left out, since MP4 does not take it over: {', '.join(dropped)}", level="warning")
    context.log(found.plan.message)
    _refresh_record(context, found.policy.media_id)
    return report | {"dropped": dropped}


def _look(context: Context, path: str, overrides: AudioOverrides) -> Found:
    context.progress(0.0, "reading the tracks")
    with context.transaction() as session:
        place = file_to_work_on(session, context.settings, path)
        policy = policy_for(session, context.settings, place, overrides)
    container = _container(place)
    probe = Probe(context.settings, lambda command: context.run(command, timeout_seconds=PROBE_SECONDS))
    before = probe.contents(place.on_disk, container)
    choice = choose(before.audio, policy.rules)
    if choice.track is None:
        raise Skip(choice.message, reason=choice.reason)
    plan = AudioPlan(before.audio, choice.track)
    if plan.is_done:
        message = f"already_correct: '{plan.target.label}' is the only default audio track"
        raise Skip(message, reason="already_correct", track=plan.target.number + 1)
    return Found(place, policy, container, before, plan)


def _container(place: Place) -> Container:
    try:
        return container_of(place.on_disk)
    except Unsupported as other:
        raise Skip(str(other), reason="unsupported_container") from None
    except Damaged as damaged:
        raise Permanent(str(damaged)) from None
    except PermissionError:
        raise Permanent(f"{place.shown} may not be read by the user queueapp runs as") from None


def _change(context: Context, found: Found) -> Change:
    if _is_cut_off(found.place):
        raise Permanent("the file is damaged: it ends too early; it may not be fully copied")
    links = found.place.on_disk.stat().st_nlink
    if links > 1 and found.policy.hard_links == "skip":
        raise Skip(f"it has {links - 1} other hard links, which would change too", reason="hard_linked")
    if found.policy.skip_playing:
        _refuse_while_shown(context, found.place)
    way = Way.REMUX
    if found.container is Container.MATROSKA:
        way = Way.COPY if links > 1 else Way.IN_PLACE
    program = tools.find(context.settings, "ffmpeg" if way is Way.REMUX else "mkvpropedit")
    return Change(found.place, found.container, found.before, found.plan, way, program, found.policy)


def _refuse_while_shown(context: Context, place: Place) -> None:
    with context.transaction() as session:
        asked = playing.players_to_ask(session)
    spellings = list(dict.fromkeys(paths.on_disk(one) for one in (place.path, place.real)))
    name = playing.shown_by(asked, spellings, lambda text: context.log(text, level="warning"))
    if name is not None:
        raise Skip(f"{name} shows it at the moment", reason="being_played")


def _is_cut_off(place: Place) -> bool:
    try:
        return streams.read(str(place.on_disk)).truncated
    except NotPlayable:
        return False  # the probe has found its tracks; that there is no picture is no damage


def _report(found: Found, change: Change) -> dict[str, Any]:
    return {
        "message": found.plan.message,
        "file": found.place.shown,
        "track": found.plan.target.number + 1,
        "language": found.plan.target.label,
        "method": change.way.value,
        "tracks": found.plan.changes(),
        "command": change.shown_command(),
    }


def _refresh_record(context: Context, media_id: int | None) -> None:
    """Have the title's record show the flags as they are now."""
    if media_id is None:
        return
    with context.transaction() as session:
        title = analysis.load(session, media_id)
    try:
        now = analysis.read(title, lambda step, total, text: None) if title else None
    except (OSError, NotPlayable):
        return
    if title and now:
        with context.transaction() as session:
            analysis.keep(session, title, now)
