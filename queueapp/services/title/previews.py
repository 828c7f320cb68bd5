"""Small variants of pictures: of those we have, made here; of those only offered, from the provider within bounds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from queueapp import errors
from queueapp.connectors import pictures as picture_servers
from queueapp.connectors import small_pictures
from queueapp.media import pictures
from queueapp.media.pictures import NotAPicture
from queueapp.media.preview_cache import PreviewCache

#: Seconds that whoever asks for a preview waits at most.
BOUND_SECONDS = 4.0
#: Previews that one process asks providers for at a time.
AT_ONCE = 4
#: Pixels; enough for a poster in a grid on a dense screen.
WIDTH = 360
#: Seconds until a picture is asked for again that did not come, or that is not there or no picture.
POSTPONED_SECONDS, REFUSED_SECONDS = 60.0, 3600.0
#: So many pictures in a row that did not come let their server rest for so many seconds.
FAILURES_TO_REST, SERVER_REST_SECONDS = 3, 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Wanted:
    """A picture as it is offered."""

    provider: str
    kind: str
    url: str


class Previews:
    """The previews of one instance, as one process gets them."""

    def __init__(self, cache: PreviewCache) -> None:
        self._cache = cache
        self._servers = Servers()
        self._slots = threading.BoundedSemaphore(AT_ONCE)

    def get(self, picture: Wanted, bound_seconds: float = BOUND_SECONDS) -> Path | None:
        """Where the preview lies; None when it cannot be had now. Waits for the provider no longer than the bound.

        One that had to wait for its turn and comes later is kept for the next time.
        """
        found = self._cache.find(picture.url)
        if found is not None or self._is_resting(picture.url):
            return found
        latest = time.monotonic() + bound_seconds
        if not self._slots.acquire(timeout=bound_seconds):
            return None
        over = threading.Event()
        # A thread, as no timeout of a socket ends an answer whose head comes byte by byte.
        threading.Thread(target=self._fetch, args=(picture, bound_seconds, over), daemon=True).start()
        over.wait(max(latest - time.monotonic(), 0.0))
        return self._cache.find(picture.url)

    def _fetch(self, picture: Wanted, seconds: float, over: threading.Event) -> None:
        try:
            if self._cache.find(picture.url) is None and not self._is_resting(picture.url):
                self._ask(picture, time.monotonic() + seconds)
        except OSError as error:
            log.warning("preview not kept", reason=str(error))
        finally:
            self._slots.release()
            over.set()

    def _ask(self, picture: Wanted, latest: float) -> None:
        urls = small_pictures.addresses(picture.provider, picture.kind, picture.url)
        try:
            content, content_type = pictures.shrink(picture_servers.fetch_first(urls, latest), WIDTH)
        except errors.RetryLater:
            self._servers.note_failed(picture.url)
            self._cache.let_rest(picture.url, POSTPONED_SECONDS)
        except (errors.Permanent, NotAPicture):
            self._servers.note_answered(picture.url)
            self._cache.let_rest(picture.url, REFUSED_SECONDS)
        else:
            self._servers.note_answered(picture.url)
            self._cache.keep(picture.url, content, content_type)

    def _is_resting(self, url: str) -> bool:
        return self._servers.is_resting(url) or self._cache.is_resting(url)


class Servers:
    """Image servers that keep failing, which this process leaves alone for a while."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._rest_until: dict[str, float] = {}

    def is_resting(self, url: str) -> bool:
        """Whether the server of an address is left alone."""
        return self._rest_until.get(urlsplit(url).netloc, 0.0) > time.monotonic()

    def note_failed(self, url: str) -> None:
        """Count a picture that did not come."""
        server = urlsplit(url).netloc
        self._failures[server] = self._failures.get(server, 0) + 1
        if self._failures[server] >= FAILURES_TO_REST:
            self._failures[server] = 0
            self._rest_until[server] = time.monotonic() + SERVER_REST_SECONDS

    def note_answered(self, url: str) -> None:
        """Forget the failures of a server that answers."""
        self._failures.pop(urlsplit(url).netloc, None)


def small_of(data_dir: Path, picture: Path) -> Path | None:
    """Where a picture of the image cache lies small, made at its first use; None when it cannot be shrunk."""
    small = PreviewCache.of(data_dir)
    try:
        return small.find(picture.stem) or small.keep(
            picture.stem, *pictures.shrink(picture.read_bytes(), WIDTH)
        )
    except (OSError, NotAPicture):
        return None


@cache
def previews_of(data_dir: Path) -> Previews:
    """The previews of an instance in this process, made at their first use."""
    return Previews(PreviewCache.of(data_dir))
