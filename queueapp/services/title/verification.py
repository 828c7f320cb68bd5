"""Compares NFO, artwork and picture cache of a title with the database, and restores what was lost."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from queueapp import errors
from queueapp.connectors import pictures as picture_servers
from queueapp.execution.context import Context
from queueapp.media import paths, pictures
from queueapp.media.files import Writer
from queueapp.media.image_cache import ImageCache
from queueapp.media.pictures import NotAPicture
from queueapp.media.recycle import RecycleFolder
from queueapp.models.image import Image
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.services.phase_config import PhaseConfig
from queueapp.services.title import publication, published_files
from queueapp.services.title.publication import Loaded, Plan


@dataclass
class Cached:
    """What became of the pictures that should lie in the cache; each named for people."""

    checked: int = 0
    restored: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def verify_title(context: Context, media_id: int) -> dict[str, Any]:
    """Verify one title. Raises Skip when there is nothing to verify, Permanent."""
    loaded = _load(context, media_id)
    cache = ImageCache.of(context.settings.data_dir)
    context.progress(0.1, "looking through the pictures")
    cached = _verify_cache(context, loaded, cache)
    phase = PhaseConfig.model_validate(context.meta.get("config") or {}).publish
    plan = publication.plan(loaded, phase, cache)
    foreseen = published_files.foresee(plan)
    missing = [path for path in foreseen.written if not Path(paths.on_disk(path)).exists()]
    differing = [path for path in foreseen.written if path not in missing]
    if foreseen.has_changed and not context.dry_run:
        _restore(context, plan)
    report = {
        "checked": len(plan.files) + cached.checked,
        "missing": [paths.readable(one) for one in missing],
        "differing": [paths.readable(one) for one in differing],
        "foreign": [paths.readable(one) for one in foreseen.kept],
        "cache_restored": cached.restored,
        "cache_lost": cached.lost,
        "ok": not (missing or differing or cached.restored or cached.lost),
    }
    message = _in_words(report, dry_run=context.dry_run)
    context.log(message)
    if cached.lost:
        context.warn(f"{loaded.media.title}: {len(cached.lost)} pictures of the cache could not be restored")
    return {"message": message, **report}


def _load(context: Context, media_id: int) -> Loaded:
    with context.transaction() as session:
        loaded = publication.load(session, media_id)
    if loaded is None or loaded.media.status is MediaStatus.GONE:
        raise errors.Skip("the title is not in the library any more", reason="gone")
    media = loaded.media
    if media.kind is MediaKind.SEASON:
        raise errors.Skip("a season is verified with its show", reason="season")
    if media.published_at is None:
        raise errors.Skip("it has not been published yet", reason="not_published")
    # Without its folder nothing can be said: the disk may not be mounted.
    if not Path(paths.on_disk(media.main_path or media.folder)).exists():
        raise errors.Permanent(
            f"{paths.readable(media.main_path or media.folder)} is not there; scan its library"
        )
    return loaded


def _restore(context: Context, plan: Plan) -> None:
    context.progress(0.6, "restoring")
    writer = Writer(RecycleFolder.of(context.settings.data_dir), context.confirm_claim, context.task_id)
    done = published_files.put_in_place(plan, writer, context.progress)
    with context.transaction() as session:
        published_files.record(session, plan, done, context.task_id)
    for path in done.written:
        context.log(f"Wrote {paths.readable(path)}")


def _verify_cache(context: Context, loaded: Loaded, cache: ImageCache) -> Cached:
    said = Cached()
    images = [*loaded.images, *(one for images in loaded.season_images.values() for one in images)]
    for image in images:
        if image.sha256 is None or image.content_type is None:
            continue
        context.check_canceled()
        said.checked += 1
        if _is_whole(cache, image):
            continue
        name = f"{image.kind}{f' of {image.label}' if image.label else ''}"
        (said.restored if _bring_back(context, loaded.media, cache, image) else said.lost).append(name)
    return said


def _is_whole(cache: ImageCache, image: Image) -> bool:
    content = cache.read(image.sha256 or "", image.content_type or "")
    return content is not None and hashlib.sha256(content).hexdigest() == image.sha256


def _bring_back(context: Context, media: Media, cache: ImageCache, image: Image) -> bool:
    """Put a lost picture back, from where it was published to, else from its provider."""
    for path in media.published_files:
        try:
            found = (
                pictures.check(Path(paths.on_disk(path)).read_bytes()) if not path.endswith(".nfo") else None
            )
        except (OSError, NotAPicture):
            continue
        if found is not None and found.sha256 == image.sha256:
            return context.dry_run or _keep(cache, found)
    if context.dry_run:
        return True
    try:
        found = picture_servers.fetch(image.url)
    except errors.QueueAppError as refused:
        context.log(f"{image.kind} could not be fetched again: {refused.message}", level="warning")
        return False
    return found.sha256 == image.sha256 and _keep(cache, found)


def _keep(cache: ImageCache, found: pictures.Checked) -> bool:
    # One that lies there damaged would be taken for whole by its size.
    cache.path(found.sha256, found.content_type).unlink(missing_ok=True)
    cache.keep(found)
    return True


def _in_words(report: dict[str, Any], *, dry_run: bool) -> str:
    if report["ok"]:
        return f"All {report['checked']} files stand as they should"
    restored = len(report["missing"]) + len(report["differing"]) + len(report["cache_restored"])
    said = f"{'Would restore' if dry_run else 'Restored'} {restored} of {report['checked']} files"
    return said + (f"; {len(report['cache_lost'])} pictures are lost" if report["cache_lost"] else "")
