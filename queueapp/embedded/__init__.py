"""A real PostgreSQL and a real Redis in the data directory: `serving` starts and stops them."""

from __future__ import annotations

from queueapp.embedded.lock import InstanceRunning, holder_of, locked
from queueapp.embedded.servers import Servers, running, running_urls, serving

__all__ = ["InstanceRunning", "Servers", "holder_of", "locked", "running", "running_urls", "serving"]
