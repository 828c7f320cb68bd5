"""What schedules do to whole libraries: verify, describe anew, delete what nobody uses, scan again."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from actors import collect_garbage, update_metadata, verify_library
from actors.collect_garbage import CollectGarbage
from actors.update_metadata import UpdateMetadata
from actors.verify_library import VerifyLibrary
from queueapp.bootstrap import Runtime
from queueapp.errors import Permanent, Skip
from queueapp.media.image_cache import ImageCache
from queueapp.media.pictures import check
from queueapp.models.library import LibraryKind
from queueapp.models.media import MediaStatus
from queueapp.models.player import PlayerKind
from queueapp.models.provider_cache import CachedResponse
from queueapp.models.schedule import Schedule
from queueapp.models.task import Task
from queueapp.services import phase_config
from queueapp.services.library import libraries
from queueapp.services.library.library_views import LibraryChanges, NewLibrary
from queueapp.services.player import players
from queueapp.services.player.player_views import NewPlayer
from queueapp.services.schedule import rescans, schedule_runs, schedules
from queueapp.services.title.previews import small_of
from tests.integration.actors.acting import Acting
from tests.servers import pictures

LONG_AGO = datetime.now(UTC) - timedelta(days=60)
LATELY = datetime.now(UTC) - timedelta(days=2)


def test_every_published_title_is_verified_and_no_other(shelf) -> None:
    published = shelf.film("Nosferatu", 1922, published_at=LATELY)
    shelf.film("Unpublished", 2001)
    shelf.film("Gone", 2002, published_at=LATELY, status=MediaStatus.GONE, gone_at=LATELY)
    acting = Acting(shelf.runtime)
    assert verify_library.perform(VerifyLibrary(), acting.as_context) == {"titles": 1}
    assert [(one.type, one.payload, one.title) for one in acting.added] == [
        ("verify", {"media_id": published}, "Nosferatu (1922)")
    ]
    with pytest.raises(Permanent, match="no library 999"):
        verify_library.perform(VerifyLibrary(library_id=999), acting.as_context)


def test_titles_described_long_ago_are_described_anew_with_their_episodes(shelf) -> None:
    with shelf.runtime.transaction() as session:
        players.add_player(session, NewPlayer(name="Room", kind=PlayerKind.KODI, url="http://127.0.0.1:1"))
        session.add(
            CachedResponse(
                key="k", provider="tmdb", request="/movie/653?x", status=200, body={},
                expires_at=datetime.now(UTC) + timedelta(days=20),
            )
        )  # fmt: skip
    old = shelf.film("Nosferatu", 1922, enriched_at=LONG_AGO, tmdb_id=653)
    shelf.film("Fresh", 2001, enriched_at=LATELY)
    shelf.film("Never described", 2002)
    show = shelf.show("Lantern Street", enriched_at=LONG_AGO)
    episode = shelf.episode(show, shelf.season(show, 1), [1], enriched_at=LATELY)
    dry = Acting(shelf.runtime, dry_run=True)
    update_metadata.perform(UpdateMetadata(), dry.as_context)
    assert {one.payload["media_id"] for one in dry.added} == {old, show, episode}
    acting = Acting(shelf.runtime)
    assert update_metadata.perform(UpdateMetadata(), acting.as_context) == {"titles": 3}
    assert {one.payload.get("media_id") for one in acting.added[:-1]} == {old, show, episode}
    assert (acting.added[-1].type, acting.added[-1].barrier) == ("notify_kodi", True)
    with shelf.runtime.transaction() as session:
        expires = session.scalars(sa.select(CachedResponse.expires_at)).one()
        assert expires <= datetime.now(UTC) + timedelta(seconds=5), "the provider would not be asked again"


def test_without_a_key_nothing_is_described_anew(offline_shelf) -> None:
    with pytest.raises(Skip, match="no TMDB key"):
        update_metadata.perform(UpdateMetadata(), Acting(offline_shelf.runtime).as_context)


def test_garbage_is_counted_dry_and_then_deleted(runtime: Runtime) -> None:
    cache = ImageCache.of(runtime.settings.data_dir)
    path = cache.keep(check(pictures.jpeg(seed="unused")))
    small = small_of(runtime.settings.data_dir, path)
    assert small is not None
    for each in (path, small):
        os.utime(each, (1, 1))
    dry = collect_garbage.perform(CollectGarbage(), Acting(runtime, dry_run=True).as_context)
    assert (dry["unused_pictures"], dry["previews"]) == (1, 1)
    assert path.exists()
    assert small.exists()
    done = collect_garbage.perform(CollectGarbage(), Acting(runtime).as_context)
    assert (done["unused_pictures"], done["previews"]) == (1, 1)
    assert not path.exists()
    assert not small.exists()


def test_each_library_has_a_schedule_of_its_own_that_is_off(runtime: Runtime, tmp_path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    with runtime.transaction() as session:
        new = NewLibrary(name="Films", path=str(folder), kind=LibraryKind.MOVIES)
        library = libraries.add_library(session, runtime.settings, new)
        libraries.change_library(session, library.id, LibraryChanges(name="Silent films"))
        phase_config.change(session, "scan", {"minFileSizeMb": 7}, "test")
        schedules.ensure_built_in(session, runtime.settings, runtime.registry.names())
        rescan = schedules.get_schedule(session, rescans.name_of(library.id))
        assert (rescan.title, rescan.enabled, rescan.operation) == ("Scan Silent films", False, "scan")
    task_id = schedule_runs.run_now(runtime, rescans.name_of(library.id), "test")
    with runtime.transaction() as session:
        task = session.get_one(Task, task_id)
        assert (task.type, task.meta["config"]["scan"]["minFileSizeMb"]) == ("scan", 7)
        libraries.remove_library(session, library.id)
        assert session.scalar(sa.select(Schedule.id).where(Schedule.operation == "scan")) is None


def test_the_weekly_and_daily_schedules_are_built_in(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        schedules.ensure_built_in(session, runtime.settings, runtime.registry.names())
        found = {one.name: one for one in schedules.all_schedules(session, runtime.registry.names())}
    week = 7 * 24 * 3600
    assert found["provider-update"].interval_seconds == found["verification"].interval_seconds == week
    assert found["garbage-collection"].interval_seconds == 24 * 3600
    assert all(found[name].enabled for name in ("provider-update", "verification", "garbage-collection"))
