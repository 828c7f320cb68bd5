"""How an act on a page is answered: with words and the page it was asked on, by a redirect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from queueapp import errors
from webui.security import safe_target

#: Category of words with an undo button; the token follows.
UNDO = "undo:"

#: Errors that a person can understand and act on where they are; others get a page of their own.
TOLD: tuple[type[errors.QueueAppError], ...] = (
    errors.NotFound,
    errors.Gone,
    errors.WrongStatus,
    errors.Conflict,
    errors.BadPayload,
    errors.PathRefused,
    errors.AlreadyQueued,
    errors.TaskLimitReached,
    errors.TooLarge,
)


@dataclass(frozen=True, slots=True)
class Undoable:
    """What an act says, and the token that takes it back for a few seconds."""

    text: str
    token: str


def do(act: Callable[[], str | Undoable], *, default: str, gone: str | None = None) -> Response:
    """Do an act, say what it answers or why it was refused, and go back to where it was asked for.

    `gone` is a page that the act takes away, with all below it: then `default` is where to go.
    """
    target = next_url(default)
    try:
        say(act())
        if gone and target.split("?")[0].rstrip("/").startswith(gone.rstrip("/")):
            target = default
    except TOLD as error:
        flash(error.message, "error")
    return redirect(target, 303)


def say(said: str | Undoable) -> None:
    """Show words on the next page; beside those of an act that can be undone stands the button for it."""
    if isinstance(said, Undoable):
        flash(said.text, f"{UNDO}{said.token}")
    else:
        flash(said)


def next_url(default: str) -> str:
    """The page to go back to, which must be one of ours."""
    return safe_target(request.values.get("next"), default)


def tasks_url() -> str:
    """The list of tasks."""
    return url_for("pages.tasks.index")
