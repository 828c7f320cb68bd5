"""A project of its own on Dramatiq and Flask that uses queueapp's queue: docs/library.md tells how to run it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from flask import Flask, session
from pydantic import BaseModel

from queueapp import Context, QueueMiddleware, bootstrap, config, operation
from queueapp.runtime import Runtime
from queueapp.services.enqueue import NewTask, create_task
from webui.blueprint import queueapp_blueprint


def make_runtime() -> Runtime:
    """Wire the queue by DATABASE_URL and REDIS_URL."""
    return bootstrap.runtime(config.load(), with_operations=False)


broker = RedisBroker(url=os.environ["REDIS_URL"])  # yours, with whatever middleware you like
broker.add_middleware(QueueMiddleware(make_runtime))
dramatiq.set_broker(broker)
queue = make_runtime()


class Transcode(BaseModel):
    source: str
    target: str


@operation("transcode", payload=Transcode, timeout_seconds=3600, max_attempts=3)
def transcode(payload: Transcode, context: Context) -> None:
    """Transcode a film."""
    context.log(f"transcoding {payload.source}")
    command = ["ffmpeg", "-y", "-loglevel", "error", "-i", payload.source, payload.target]
    context.run(command).check_returncode()


@dramatiq.actor  # an actor of your own works as before
def tidy(path: str) -> None:
    Path(path).unlink()


def enqueue(films: list[Transcode]) -> int:
    """Create one task for all films and return its id."""
    return create_task(queue, NewTask(type="transcode", items=films, title="Transcode")).task_id


app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY")
pages = queueapp_blueprint(queue, allow=lambda: session.get("admin", False))  # ask your own login here
app.register_blueprint(pages, url_prefix="/queue")

if __name__ == "__main__":
    print(enqueue([Transcode(source=film, target=f"{film}.mp4") for film in sys.argv[1:]]))
