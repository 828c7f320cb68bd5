"""Small variants of pictures, by the address or digest of the picture, and which are not to be asked for."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from queueapp.files import write_whole
from queueapp.media.artwork_names import EXTENSIONS

#: A mark that a picture could not be had; its time of change is when it may be asked for again.
_RESTS = ".rests"


@dataclass(frozen=True)
class PreviewCache:
    """A folder of previews named by the digest of what their picture is known by."""

    folder: Path

    @classmethod
    def of(cls, data_dir: Path) -> PreviewCache:
        """The previews of an instance."""
        return cls(data_dir / "cache" / "previews")

    def find(self, url: str) -> Path | None:
        """Where a picture's preview lies; None when there is none."""
        paths = (self._path(url, extension) for extension in EXTENSIONS.values())
        return next((path for path in paths if path.is_file()), None)

    def keep(self, url: str, content: bytes, content_type: str) -> Path:
        """Store a preview, whole or not at all."""
        path = self._path(url, EXTENSIONS[content_type])
        write_whole(path, content)
        self._path(url, _RESTS).unlink(missing_ok=True)
        return path

    def let_rest(self, url: str, seconds: float) -> None:
        """Note that a picture could not be had and is not to be asked for again so soon."""
        mark = self._path(url, _RESTS)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        os.utime(mark, (time.time() + seconds,) * 2)

    def is_resting(self, url: str) -> bool:
        """Whether a picture is not to be asked for yet."""
        try:
            return self._path(url, _RESTS).stat().st_mtime > time.time()
        except OSError:
            return False

    def files(self) -> Iterator[Path]:
        """All that lies here, marks and what a crash left included."""
        return (path for path in self.folder.glob("??/*") if path.is_file())

    def _path(self, url: str, extension: str) -> Path:
        digest = hashlib.sha256(url.encode()).hexdigest()
        return self.folder / digest[:2] / f"{digest}{extension}"
