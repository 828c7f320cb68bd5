"""Bring one Kodi up to date with changed titles: one library job at a time, never interrupting a scan."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from queueapp import errors
from queueapp.connectors.kodi import Kodi, LibraryEntry

#: With more new folders than this one scan of the whole library is sooner done than one for each.
MAX_FOLDER_SCANS = 10
#: With more changed titles than this, Kodi's whole list is read once instead of one query for each.
_MAX_QUERIES = 20
_POLL_SECONDS = 1.0
#: A scan this long is left to itself and looked at again later.
_LONGEST_SCAN_SECONDS = 900.0


@dataclass(frozen=True)
class ChangedTitle:
    """A title whose files changed, in Kodi's own spelling of paths.

    `kind` is movie, episode or tvshow; `file` the video (for a show its folder with a trailing slash);
    `folder` what must be scanned when Kodi does not know it yet.
    """

    kind: str
    file: str
    folder: str
    is_gone: bool = False


@dataclass
class Told:
    """What a Kodi was told."""

    refreshed: int = 0
    removed: int = 0
    scanned: list[str] = field(default_factory=list)
    cleaned: bool = False


@dataclass(frozen=True)
class KodiUpdate:
    """How to bring a Kodi up to date: `sleep` may be interrupted, `tell` takes lines for a person."""

    kodi: Kodi
    sleep: Callable[[float], None]
    tell: Callable[[str], None]

    def run(self, changed: Iterable[ChangedTitle], *, clean_first: bool = False) -> Told:
        """Refresh what Kodi knows, remove what is gone, scan for new; raises RetryLater or Permanent."""
        titles = list(dict.fromkeys(changed))
        told = Told()
        if clean_first:
            self._wait_until_idle()
            self.kodi.clean()
            told.cleaned = True
        known = self._known(titles)
        folders: dict[str, None] = {}
        for title in titles:
            entry = known.get((title.kind, title.file))
            if entry is None:
                folders |= {} if title.is_gone else {title.folder: None}
            elif title.is_gone:
                self.kodi.remove(entry)
                told.removed += 1
            else:
                self.kodi.refresh(entry)
                told.refreshed += 1
        told.scanned = self._scan(list(folders))
        return told

    def _known(self, titles: list[ChangedTitle]) -> dict[tuple[str, str], LibraryEntry]:
        found: dict[tuple[str, str], LibraryEntry] = {}
        for kind in dict.fromkeys(title.kind for title in titles):
            folders = list(dict.fromkeys(title.folder for title in titles if title.kind == kind))
            for below in folders if len(folders) <= _MAX_QUERIES else [""]:
                found |= {(kind, entry.file): entry for entry in self.kodi.entries(kind, below)}
        return found

    def _scan(self, folders: list[str]) -> list[str]:
        wanted = folders if len(folders) <= MAX_FOLDER_SCANS else [""]
        for folder in wanted:
            self._wait_until_idle()
            self.tell(f"scanning {folder or 'the whole library'}")
            self.kodi.scan(folder)
        if wanted:
            self._wait_until_idle()
        return wanted

    def _wait_until_idle(self) -> None:
        """A scan asked for while one runs would stop that one, and both would be answered "OK"."""
        waited = 0.0
        while self.kodi.is_scanning():
            if waited >= _LONGEST_SCAN_SECONDS:
                message = f"{self.kodi.name} has been scanning for {waited / 60:.0f} minutes"
                raise errors.RetryLater(message, 300, uses_attempt=False)
            self.sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS
