"""What the media operations keep for a time only: replaced files, answers of providers, pictures nobody uses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.connectors import response_cache
from queueapp.media.image_cache import ImageCache
from queueapp.media.preview_cache import PreviewCache
from queueapp.media.recycle import RETENTION_DAYS, RecycleFolder
from queueapp.models.image import Image

#: A picture this young may belong to an enrichment that has not recorded it yet.
_GRACE_SECONDS = 86_400.0
#: A preview is made or fetched again when somebody looks again.
_PREVIEW_SECONDS = 30 * 86_400.0


def prune(
    transaction: Callable[[], AbstractContextManager[Session]],
    data_dir: Path,
    recycle_days: int = RETENTION_DAYS,
    *,
    dry_run: bool = False,
) -> dict[str, int]:
    """Delete what is past its time or used by nothing; returns how much of each. A dry run only counts."""
    with transaction() as session:
        answers = response_cache.prune(session, dry_run=dry_run)
        used = set(session.scalars(sa.select(Image.sha256).where(Image.sha256.is_not(None)).distinct()))
    return {
        "replaced_files": RecycleFolder.of(data_dir).prune(recycle_days, dry_run=dry_run),
        "provider_answers": answers,
        "unused_pictures": _prune_pictures(ImageCache.of(data_dir), used, dry_run=dry_run),
        "previews": _prune_old(PreviewCache.of(data_dir).files(), _PREVIEW_SECONDS, dry_run=dry_run),
    }


def _prune_pictures(cache: ImageCache, used: set[str | None], *, dry_run: bool) -> int:
    return _prune_old(
        (path for path in cache.files() if path.stem not in used), _GRACE_SECONDS, dry_run=dry_run
    )


def _prune_old(paths: Iterable[Path], seconds: float, *, dry_run: bool) -> int:
    old = [path for path in paths if path.stat().st_mtime < time.time() - seconds]
    if not dry_run:
        for path in old:
            path.unlink(missing_ok=True)
    return len(old)
