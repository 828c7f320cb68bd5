"""How default audio tracks are chosen where that differs from the settings: by a library, or by a task."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from queueapp.media import language
from queueapp.media.audio_rules import ORIGINAL

#: Where a library keeps its own rules, in `Library.options`.
OPTION = "audio"

HardLinks = Literal["skip", "copy"]


def _code(text: str) -> str:
    code = text.strip().lower()
    if code != ORIGINAL and not language.normalise(code):
        raise ValueError(f"{text!r} is no language: give an ISO 639 code such as eng, or {ORIGINAL!r}")
    return code


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


Code = Annotated[str, Field(min_length=1, max_length=35), AfterValidator(_code)]


class AudioOverrides(BaseModel):
    """What differs from the settings; what is not given is as they say."""

    model_config = ConfigDict(extra="forbid")

    languages: list[Code] | None = Field(
        None, min_length=1, max_length=50, description="Languages wanted, first wish first; `original` is one"
    )
    assumed_language: Code | None = Field(
        None, description="Language that tracks without one are taken to speak"
    )
    excluded_titles: Annotated[str, Field(max_length=1000), AfterValidator(_pattern)] | None = Field(
        None, description="Regular expression of titles of tracks that are never the default"
    )
    hard_links: HardLinks | None = Field(None, description="What to do with a file that has other hard links")
