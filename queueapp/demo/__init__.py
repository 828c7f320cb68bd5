"""A small demo library of real, playable files, for who has none at hand and for tests."""

from __future__ import annotations

from queueapp.demo.library import DemoLibrary, make_demo
from queueapp.demo.video import Audio, ffmpeg_program, make_video

__all__ = ["Audio", "DemoLibrary", "ffmpeg_program", "make_demo", "make_video"]
