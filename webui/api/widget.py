"""/api/widget: the task manager in pages of other sites."""

from __future__ import annotations

from flask import Response, request
from pydantic import BaseModel, Field

from webui import widget
from webui.api.resource import Body, Resource, answer
from webui.context import runtime
from webui.idempotency import answers_with_a_secret
from webui.security import current_user, requires

api = Resource("widget", "The task manager in pages of other sites.", prefix="/api/widget")


class NewToken(Body):
    """A token to make."""

    days: int = Field(default=365, ge=1, le=widget.MAX_DAYS, description="How long it lasts")


class MadeToken(BaseModel):
    """A token just made."""

    token: str = Field(description="Lets a page read what the task manager shows, and nothing else")
    script: str = Field(description="The tag to put into the page")
    origins: list[str] = Field(description="Sites whose pages may use it: `web.embed_origins`")


class Generation(BaseModel):
    """The tokens that are good now."""

    generation: int


@api.post("/tokens", responses={201: MadeToken})
@requires("admin")
@answers_with_a_secret
def make_token(body: NewToken) -> Response:
    """Make a signed viewer token for the script tag."""
    with runtime().transaction() as session:
        token = widget.make_token(session, body.days)
    origins = runtime().settings.web.embed_origins
    return answer(MadeToken(token=token, script=script_tag(token), origins=origins), 201)


@api.delete("/tokens", responses={200: Generation})
@requires("admin")
def void_tokens() -> Response:
    """Make every token given out so far useless."""
    with runtime().transaction() as session:
        widget.void_tokens(session, current_user.who)
        return answer(Generation(generation=widget.generation(session)))


def script_tag(token: str) -> str:
    """The one tag that shows the task manager in a page."""
    return f'<script src="{request.url_root}embed.js?token={token}" async></script>'
