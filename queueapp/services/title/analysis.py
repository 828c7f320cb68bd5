"""What analyze reads and keeps of a title."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from queueapp.media import language, paths, streams
from queueapp.media.streams import NotPlayable, Streams, Text
from queueapp.models.media import Media, MediaStatus
from queueapp.models.media_file import FileRole, MediaFile
from queueapp.services.library.scan_reads import label_of

#: Told (step, steps in all, in words).
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Title:
    """The files to read; paths in the stored form, the main file or first part first."""

    media_id: int
    label: str
    fingerprint: str | None
    videos: tuple[str, ...]
    subtitles: tuple[str, ...]

    @property
    def shown_path(self) -> str:
        """The main file's path for people."""
        return paths.readable(self.videos[0])


def load(session: Session, media_id: int) -> Title | None:
    """The files of a film or episode; None when it is gone, unknown, or has no files."""
    show = aliased(Media)
    row = session.execute(
        sa.select(Media, show.title).outerjoin(show, show.id == Media.show_id).where(Media.id == media_id)
    ).first()
    if row is None or row[0].status is MediaStatus.GONE or row[0].main_path is None:
        return None
    media: Media = row[0]
    main: str = row[0].main_path
    files = session.scalars(
        sa.select(MediaFile).where(MediaFile.media_id == media_id).order_by(MediaFile.part, MediaFile.path)
    ).all()
    parts = [one.path for one in files if one.role is FileRole.PART]
    subtitles = [one.path for one in files if one.role is FileRole.SUBTITLE]
    return Title(media_id, label_of(media, row[1]), media.fingerprint, (main, *parts), tuple(subtitles))


def read(title: Title, tell: Tell) -> Streams:
    """The streams of all parts together, with the subtitle files beside them.

    Raises FileNotFoundError, PermissionError, NotPlayable.
    """
    parts = []
    for number, path in enumerate(title.videos, 1):
        tell(number - 1, len(title.videos), f"reading {paths.readable(paths.base_name(path))}")
        place = paths.on_disk(path)
        if Path(place).stat().st_size == 0:
            raise NotPlayable("the file is empty (0 bytes)")
        parts.append(streams.read(place))
    found = streams.joined(parts)
    inside = {paths.split_extension(paths.base_name(path))[0] for path in title.videos}
    return found.model_copy(
        update={"text": found.text + [_external(path, inside) for path in title.subtitles]}
    )


def keep(session: Session, title: Title, found: Streams) -> None:
    """Store the streams, as those of the files that the title had when it was loaded."""
    session.execute(
        sa.update(Media)
        .where(Media.id == title.media_id)
        .values(
            streams=found.model_dump(mode="json"),
            analyzed_at=sa.func.now(),
            analyzed_fingerprint=title.fingerprint,
            failed_fingerprint=None,
        )
    )


def give_up(session: Session, title: Title) -> None:
    """Remember that these files cannot be read, so that only other files are tried."""
    session.execute(
        sa.update(Media).where(Media.id == title.media_id).values(failed_fingerprint=title.fingerprint)
    )


def summary(found: Streams) -> dict[str, Any]:
    """The item's result."""
    return {
        "container": found.container,
        "duration_seconds": found.duration_seconds,
        "resolution": found.resolution,
        "video": [one.codec for one in found.video],
        "hdr": found.video[0].hdr,
        "audio": [f"{one.codec} {one.channels or '?'}ch {one.language or '?'}" for one in found.audio],
        "subtitles": [one.language or "?" for one in found.text],
        "truncated": found.truncated,
    }


def in_words(found: Streams) -> str:
    """One line for the log."""
    minutes = f"{found.duration_seconds / 60:.0f} min" if found.duration_seconds else "of unknown length"
    audio = ", ".join(f"{one.language or '?'} {one.codec}" for one in found.audio) or "no sound"
    picture = " ".join(filter(None, (found.resolution, found.video[0].codec, found.video[0].hdr)))
    texts = f"; subtitles {', '.join(one.language or '?' for one in found.text)}" if found.text else ""
    return f"{found.container}, {minutes}, {picture}; {audio}{texts}"


def _external(path: str, stems: set[str]) -> Text:
    """A subtitle file, by its name: `Film.en.forced.srt`."""
    stem, extension = paths.split_extension(paths.base_name(path))
    rest = next((stem[len(one) :] for one in stems if stem.startswith(one)), stem)
    words = [one for one in rest.lower().replace("_", ".").replace("-", ".").split(".") if one]
    codes = [language.normalise(one) for one in words if 2 <= len(one) <= 3]
    return Text(
        codec={"srt": "subrip", "sub": "dvd_subtitle", "sup": "hdmv_pgs_subtitle"}.get(extension, extension),
        language=next(filter(None, codes), ""),
        default="default" in words,
        forced="forced" in words,
        external=path,
    )
