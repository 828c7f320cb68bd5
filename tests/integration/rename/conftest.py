"""Libraries on disk and on record, as they are after a whole chain, and renames of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from actors.rename import Rename, perform
from actors.revert import Revert
from actors.revert import perform as take_back
from queueapp.bootstrap import Runtime
from queueapp.models.journal import Journal
from queueapp.models.media import MatchState, Media, MediaKind
from tests.integration.actors.acting import Acting
from tests.media_tree import plant
from tests.running_scan import RunningScan, ScannedLibrary


@dataclass
class Renaming:
    """A library whose titles have been through the whole chain."""

    runtime: Runtime
    library: ScannedLibrary
    root: Path
    #: the contexts of the renames so far
    acted: list[Acting] = field(default_factory=list)

    def title(self, kind: MediaKind, name: str | None = None) -> Media:
        """The one title of a kind, or that of a name."""
        titles = self.library.titles(kind)
        return next(one for one in titles if name is None or one.title == name)

    def rename(
        self, media_id: int, *, dry_run: bool = False, task_id: int = 7, **more: Any
    ) -> dict[str, Any]:
        """Rename a title."""
        context = Acting(self.runtime, task_id=task_id, item_id=task_id, dry_run=dry_run)
        self.acted.append(context)
        result = perform(Rename(media_id=media_id, **more), context.as_context)
        assert result is not None
        return result

    def revert(self, journal_id: int, *, task_id: int = 90, **more: Any) -> dict[str, Any]:
        """Take a journal back."""
        context = Acting(self.runtime, task_id=task_id, item_id=task_id, **more)
        self.acted.append(context)
        result = take_back(Revert(journal_id=journal_id), context.as_context)
        assert result is not None
        return result

    def scan(self) -> RunningScan:
        """Scan the library."""
        return self.library.scan()

    def names(self) -> list[str]:
        """All files, relative to the root."""
        return sorted(str(one.relative_to(self.root)) for one in self.root.rglob("*") if one.is_file())

    def tree(self) -> dict[str, tuple[bytes, int, int] | int]:
        """Bytes, time and mode of each file; times of folders."""
        return {
            str(one.relative_to(self.root)): (one.read_bytes(), one.stat().st_mtime_ns, one.stat().st_mode)
            if one.is_file()
            else one.stat().st_mtime_ns
            for one in self.root.rglob("*")
        }

    def journals(self) -> list[Journal]:
        """The journal, oldest first."""
        with self.runtime.transaction() as session:
            return list(session.scalars(sa.select(Journal).order_by(Journal.id)))

    def finish_chain(self, **values: Any) -> None:
        """Have every title look enriched, matched and published."""
        with self.runtime.transaction() as session:
            session.execute(
                sa.update(Media).values(
                    published_fingerprint=Media.fingerprint, analyzed_fingerprint=Media.fingerprint,
                    published_at=sa.func.now(), enriched_at=sa.func.now(), match_state=MatchState.MATCHED,
                    **values,
                )
            )  # fmt: skip


@pytest.fixture
def make_library(runtime: Runtime, tmp_path: Path) -> Callable[..., Renaming]:
    """Give a function that plants files and brings them on record."""

    def make(files: Iterable[str] | Mapping[str, bytes], kind: str = "movies") -> Renaming:
        root = tmp_path / kind
        plant(root, files)
        library = ScannedLibrary(runtime, root, kind)
        library.scan()
        made = Renaming(runtime, library, root)
        made.finish_chain()
        return made

    return make
