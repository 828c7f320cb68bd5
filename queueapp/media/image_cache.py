"""Pictures by the SHA-256 of their bytes, so that the same picture is kept once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from queueapp.files import write_whole
from queueapp.media.artwork_names import EXTENSIONS
from queueapp.media.pictures import Checked


@dataclass(frozen=True)
class ImageCache:
    """A folder of pictures named by their digest."""

    folder: Path

    @classmethod
    def of(cls, data_dir: Path) -> ImageCache:
        """The cache of an instance."""
        return cls(data_dir / "cache" / "images")

    def path(self, sha256: str, content_type: str) -> Path:
        """Where a picture lies, or would."""
        return self.folder / sha256[:2] / f"{sha256}{EXTENSIONS[content_type]}"

    def keep(self, picture: Checked) -> Path:
        """Store a picture, whole or not at all; one that is there already is left alone."""
        path = self.path(picture.sha256, picture.content_type)
        if path.is_file() and path.stat().st_size == len(picture.content):
            return path
        write_whole(path, picture.content)
        return path

    def read(self, sha256: str, content_type: str) -> bytes | None:
        """The bytes of a picture, None when it is not here (any more)."""
        try:
            return self.path(sha256, content_type).read_bytes()
        except FileNotFoundError:
            return None

    def files(self) -> Iterator[Path]:
        """All pictures here; the stem of each name is its digest."""
        return (path for path in self.folder.glob("??/*") if path.suffix in EXTENSIONS.values())
