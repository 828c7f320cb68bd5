"""What a scan is told to look at: the `scan` phase's configuration, in the form the walk uses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

IGNORE_PATTERNS = ("*-sample.*", "**/sample/**", "*.part", "**/.*", "**/extras/**")
EXTENSIONS = ("mkv", "mp4", "m4v", "avi", "mov", "ts", "m2ts", "wmv", "webm", "mpg")
#: Raised when names are understood differently, so that every folder is looked at again once.
INTERPRETATION = 1


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """Options of one scan; a bound of 0 bytes is no bound."""

    ignore_patterns: tuple[str, ...] = IGNORE_PATTERNS
    min_file_bytes: int = 0
    max_file_bytes: int = 0
    extensions: frozenset[str] = frozenset(EXTENSIONS)
    follow_symlinks: bool = False
    detect_moves: bool = True

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> ScanOptions:
        """Options from phase configuration (`ignorePatterns`, …); absent keys are defaults."""
        extensions = config.get("extensions") or EXTENSIONS
        return cls(
            ignore_patterns=tuple(config.get("ignorePatterns", IGNORE_PATTERNS)),
            min_file_bytes=int(float(config.get("minFileSizeMb", 0)) * 1024 * 1024),
            max_file_bytes=int(float(config.get("maxFileSizeMb", 0)) * 1024 * 1024),
            extensions=frozenset(one.lower().lstrip(".") for one in extensions),
            follow_symlinks=bool(config.get("followSymlinks", False)),
            detect_moves=bool(config.get("detectMoves", True)),
        )

    def seed(self, kind: str) -> bytes:
        """What goes into every folder's digest: with other options the same listing means something else."""
        what = [
            INTERPRETATION,
            kind,
            *self.ignore_patterns,
            self.min_file_bytes,
            self.max_file_bytes,
            sorted(self.extensions),
            self.follow_symlinks,
        ]
        return hashlib.blake2b(json.dumps(what).encode(), digest_size=8).digest()
