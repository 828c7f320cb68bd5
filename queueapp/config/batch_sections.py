"""The sections of `queueapp.toml` for work on many files, the choice of audio tracks, and names of files."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from queueapp import name_template
from queueapp.config.sections import NotNegative, Positive, Section
from queueapp.name_template import TemplateKind

_CODE = re.compile(r"original|[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


class Batch(Section):
    """Bounds on batches over folders."""

    max_queue_size: Positive = Field(100, description="Batches queued or running at a time")
    max_concurrent: Positive = Field(2, description="Batches that run at a time; others wait their turn")


class Audio(Section):
    """Which audio track becomes the default, and how files are changed."""

    languages: list[str] = Field(
        default_factory=lambda: ["original", "eng"],
        description="Languages wanted, first wish first: ISO 639 codes, and `original` for that of the title",
        min_length=1,
        max_length=50,
    )
    assumed_language: str = Field(
        "", description="Language that tracks without one are taken to speak; empty: they come last"
    )
    excluded_titles: str = Field(
        r"comment|descri|narrat|audio ?descr|\bAD\b|karaoke|isolated",
        description="Regular expression of titles of tracks that are never the default; case does not matter",
        max_length=1000,
    )
    hard_links: Literal["skip", "copy"] = Field(
        "skip",
        description="A file with other hard links is left alone, or copied, so that the others stay as they are",
    )
    keep_mtime: bool = Field(True, description="Whether a changed file keeps its time of modification")
    reserve_mb: NotNegative = Field(64, description="Free space in MiB that a remux must leave")
    skip_playing: bool = Field(
        False,
        description="Whether the players are asked first, and a file that one of them shows is left alone",
    )

    @field_validator("languages", "assumed_language")
    @classmethod
    def _must_be_codes(cls, given: list[str] | str) -> list[str] | str:
        for code in [given] if isinstance(given, str) else given:
            if code and not _CODE.fullmatch(code):
                raise ValueError(f"{code!r} is no language: give an ISO 639 code such as eng, or original")
        return given

    @field_validator("excluded_titles")
    @classmethod
    def _must_compile(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return pattern


class Rename(Section):
    """Templates by which films and episodes are renamed; docs/renaming.md lists the tokens."""

    movie: str = Field(
        "{title} ({year})/{title} ({year}).{ext}", description="Folder and name of a film", min_length=1
    )
    episode: str = Field(
        "{show} ({year})/Season {season:02}/{show} - S{season:02}E{episode:02} - {title}.{ext}",
        description="Folders and name of an episode",
        min_length=1,
    )
    daily: str = Field(
        "{show} ({year})/Season {season}/{show} - {air_date} - {title}.{ext}",
        description="Folders and name of an episode that is known by its day",
        min_length=1,
    )

    @field_validator("movie", "episode", "daily")
    @classmethod
    def _must_be_a_template(cls, text: str, info: ValidationInfo) -> str:
        name_template.parse(text, TemplateKind(info.field_name or ""))
        return text
