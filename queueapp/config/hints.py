"""Turns a validation error of the settings into one line: which key, what is wrong, what to do."""

from __future__ import annotations

import difflib
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from queueapp.config.settings import Settings

SECRET_WORDS = ("url", "key", "token", "secret", "password")


def explain(error: ValidationError, file: Path | None) -> str:
    """One sentence for the first wrong key, and how many more there are."""
    problems = error.errors()
    text = _describe(problems[0])
    if len(problems) > 1:
        text += f" ({len(problems) - 1} more wrong settings)"
    return f"{text} [read from {file} and the environment]" if file else text


def _describe(problem: ErrorDetails) -> str:
    path = [str(part) for part in problem["loc"]]
    key = ".".join(path)
    if problem["type"] == "extra_forbidden":
        return f"unknown setting {key}{_did_you_mean(path)}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"bad value for setting {key}: {message}{_given(problem)}"


def _given(problem: ErrorDetails) -> str:
    """The value as given, unless it may be a secret."""
    if any(word in str(part) for part in problem["loc"] for word in SECRET_WORDS):
        return ""
    return f", not {problem['input']!r}" if isinstance(problem["input"], str | int | float) else ""


def _did_you_mean(path: list[str]) -> str:
    *sections, key = path
    model: type[BaseModel] = Settings
    for name in sections:
        annotation = model.model_fields[name].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    known = list(model.model_fields)
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {'.'.join([*sections, close[0]])}?"
    where = f"section {sections[0]}" if sections else "the top level"
    return f"; {where} has: {', '.join(known)}"
