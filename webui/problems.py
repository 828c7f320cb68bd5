"""The shape of every error answer, as the OpenAPI document states it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MIMETYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One thing that does not fit."""

    loc: list[str | int] = Field(description="Where: the path to the field")
    msg: str = Field(description="What is wrong with it")


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Always about:blank: `code` tells problems apart")
    title: str = Field(description="The status in words")
    status: int = Field(description="The HTTP status")
    code: str = Field(description="A stable word for programs")
    detail: str | None = Field(default=None, description="What happened, for a person")
    errors: list[FieldProblem] | None = Field(default=None, description="Fields that do not fit")


ALWAYS = {
    401: "Neither a session nor a valid key",
    403: "The caller's role does not allow it",
    422: "The request does not fit",
    503: "The database or Redis is away, or a limit is reached; Retry-After says when to try again",
}
OF_WRITES = {
    400: "Not JSON, a missing CSRF token, or a path that is refused",
    404: "No such thing, or something that the request names does not exist",
    409: "Not possible in the present state",
}
OF_BODIES = {413: "A stated bound is exceeded", 415: "The body is not application/json"}
OF_PATHS = {404: "No such thing"}


CONTENT = {MIMETYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
#: Of routes whose thing may have been there once.
GONE: dict[Any, Any] = {410: {"description": "It was there and is not any more", "content": CONTENT}}


def responses(*, writes: bool, has_body: bool, has_path: bool) -> dict[str, dict[str, Any]]:
    """The error answers of a route, for its OpenAPI entry."""
    statuses = dict(ALWAYS)
    if writes:
        statuses |= OF_WRITES
    if has_body:
        statuses |= OF_BODIES
    if has_path:
        statuses |= OF_PATHS
    return {
        str(status): {"description": text, "content": CONTENT} for status, text in sorted(statuses.items())
    }
