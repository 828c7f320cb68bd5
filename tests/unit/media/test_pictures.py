"""Pictures: what players cannot show is refused or converted, and kept once."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from queueapp.media.image_cache import ImageCache
from queueapp.media.pictures import NotAPicture, check
from tests.servers import pictures


def test_a_jpeg_is_taken_as_it_is() -> None:
    content = pictures.jpeg(40, 60)
    checked = check(content)
    assert (checked.content, checked.content_type) == (content, "image/jpeg")
    assert (checked.width, checked.height) == (40, 60)


@pytest.mark.parametrize(("mode", "expected"), [("RGB", "image/jpeg"), ("RGBA", "image/png")])
def test_webp_becomes_what_players_show(mode: str, expected: str) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (20, 30)).save(buffer, "WEBP", lossless=True)
    assert check(buffer.getvalue()).content_type == expected


@pytest.mark.parametrize(
    "content", [b"", b"<html>", pictures.jpeg(400, 600)[:300], b"\x89PNG\r\n\x1a\n" + b"\0" * 40]
)
def test_what_is_no_whole_picture_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        check(content)


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    cache = ImageCache.of(tmp_path)
    checked = check(pictures.png())
    first, second = cache.keep(checked), cache.keep(checked)
    assert first == second
    assert [path.stem for path in cache.files()] == [checked.sha256]
    assert cache.read(checked.sha256, checked.content_type) == checked.content


def test_a_cut_off_picture_in_the_cache_is_replaced(tmp_path: Path) -> None:
    cache = ImageCache.of(tmp_path)
    checked = check(pictures.png())
    cache.keep(checked).write_bytes(b"half")
    cache.keep(checked)
    assert cache.read(checked.sha256, checked.content_type) == checked.content
