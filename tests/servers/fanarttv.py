"""fanart.tv v3 as far as this program uses it."""

from __future__ import annotations

from typing import Any

from tests.servers import pictures
from tests.servers.loopback import Loopback, Reply, Request

KEY = "fanart-key"


class FanartTvServer(Loopback):
    """fanart.tv with art of the test's choosing, by path such as `/movies/653`; else 404, as is normal."""

    def __init__(self) -> None:
        super().__init__()
        self.art: dict[str, dict[str, Any]] = {}

    def image(self, name: str, lang: str = "en", likes: int = 1, **more: str) -> dict[str, str]:
        """An entry of a list of art; its numbers are text, as they are there."""
        return {"id": name, "url": f"{self.url}/fanart/{name}.png", "lang": lang, "likes": str(likes), **more}

    def answer(self, request: Request) -> Reply:
        """Reply as fanart.tv does."""
        if request.path.startswith("/fanart/"):
            return Reply(200, pictures.png(seed=request.path), {"Content-Type": "image/png"})
        if request.headers.get("api-key") != KEY:
            return Reply(401, {"status": "error", "error message": "Invalid API key"})
        found = self.art.get(request.path)
        return Reply(200, found) if found else Reply(404, {"status": "error", "error message": "Not found"})
