"""fanart.tv, v3: logos, clear art, discs, banners and more, by TMDB id for films and TVDB id for series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from queueapp.config import Settings
from queueapp.connectors.provider import Means, Provider

NAME = "fanarttv"


@dataclass(frozen=True)
class FanartTv:
    """fanart.tv's v3 API; the methods return its JSON, None when it has no art, which is normal."""

    provider: Provider

    def movie(self, tmdb_or_imdb_id: int | str) -> dict[str, Any] | None:
        """The art of a film, or of a collection by its TMDB id."""
        return self._art(f"/movies/{tmdb_or_imdb_id}")

    def show(self, tvdb_id: int) -> dict[str, Any] | None:
        """The art of a series and its seasons."""
        return self._art(f"/tv/{tvdb_id}")

    def _art(self, path: str) -> dict[str, Any] | None:
        found = self.provider.get(path)
        return dict(found) if isinstance(found, dict) else None


def connect(settings: Settings, means: Means) -> FanartTv | None:
    """fanart.tv with the configured keys; None when there is none, and then nothing is ever asked."""
    section = settings.fanarttv
    if not section.api_key:
        return None
    headers = {"api-key": section.api_key} | (
        {"client-key": section.client_key} if section.client_key else {}
    )
    return FanartTv(Provider(means, NAME, section.base_url, section.rate_per_second, headers))
