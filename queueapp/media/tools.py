"""Finds the programs that operations call."""

from __future__ import annotations

import shutil
from pathlib import Path

import imageio_ffmpeg

from queueapp.config import Settings
from queueapp.errors import Permanent

#: The package that brings a program, as distributions name it.
_PACKAGES = {"ffmpeg": "ffmpeg", "ffprobe": "ffmpeg", "mkvpropedit": "mkvtoolnix", "mkvmerge": "mkvtoolnix"}
#: A program that is installed beside another one.
_BESIDE = {"ffprobe": "ffmpeg", "mkvmerge": "mkvpropedit"}


def find(settings: Settings, program: str) -> str:
    """The path of a program: as configured, beside its sibling, or on the PATH.

    Raises Permanent that says what to install or set.
    """
    configured = getattr(settings.tools, program, None)
    if configured:
        if shutil.which(configured) is None:
            raise Permanent(f"tools.{program} names {configured}, which is no program that can be run")
        return str(configured)
    sibling = getattr(settings.tools, _BESIDE.get(program, ""), None)
    found = shutil.which(str(Path(sibling).with_name(program))) if sibling else None
    found = found or shutil.which(program)
    if not found and program == "ffmpeg":
        found = _bundled_ffmpeg()
    if not found:
        package = _PACKAGES[program]
        raise Permanent(
            f"{program} is not installed: install the package {package}, or set tools.{program} to its path"
        )
    return found


def _bundled_ffmpeg() -> str | None:
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return None
