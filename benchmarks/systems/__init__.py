"""The systems under measurement, each in a module of its own."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from benchmarks.systems.base import System

#: Class of each system, by the name under which it is asked for; the first is what the others are compared with.
SYSTEMS = {
    "dramatiq": "raw_dramatiq:RawDramatiq",
    "queueapp": "this_system:ThisSystem",
    "celery": "celery_peer:CeleryPeer",
    "procrastinate": "procrastinate_peer:ProcrastinatePeer",
    "saq": "saq_peer:SaqPeer",
    "rq": "rq_peer:RqPeer",
    "huey": "huey_peer:HueyPeer",
}


def find(name: str) -> type[System]:
    """Import a system; only what is measured needs to be installed."""
    module, _, attribute = SYSTEMS[name].partition(":")
    found: type[System] = getattr(import_module(f"benchmarks.systems.{module}"), attribute)
    return found


def installed() -> list[str]:
    """The systems whose packages are here: all of them under `make bench`."""
    return [name for name in SYSTEMS if find_spec(name)]
