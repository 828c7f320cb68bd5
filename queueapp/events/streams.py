"""How many event streams each web process serves, told in Redis, so that a scrape of one process can add them up."""

from __future__ import annotations

import os
import socket
from typing import Any

import redis

from queueapp.events import keys

#: Seconds after which what a process told does not count any more.
LIFE_SECONDS = 15


def tell(client: redis.Redis, count: int) -> None:
    """Tell how many streams this process serves now. Raises redis.RedisError."""
    seconds, _ = client.time()
    client.hset(keys.STREAMS, f"{socket.gethostname()}:{os.getpid()}", f"{int(seconds)} {count}")


def others(client: redis.Redis) -> int:
    """Return how many streams the other processes serve, and forget those that are gone. Raises redis.RedisError."""
    seconds, _ = client.time()
    stored: Any = client.hgetall(keys.STREAMS)
    mine = f"{socket.gethostname()}:{os.getpid()}"
    total = 0
    for name, said in stored.items():
        at, count = said.decode().split()
        if int(seconds) - int(at) > LIFE_SECONDS:
            client.hdel(keys.STREAMS, name)
        elif name.decode() != mine:
            total += int(count)
    return total
