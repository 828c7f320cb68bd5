"""/api/keys: the keys of programs."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from queueapp.models.user import Role
from queueapp.services import api_keys
from queueapp.strict_json import NOT_BLANK
from webui.api.resource import Body, Id, Resource, answer
from webui.api.small_lists import Cut, SmallList, SmallListQuery, newest_first
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.idempotency import answers_with_a_secret
from webui.security import current_user, requires

api = Resource("keys", "API keys. A key is shown once, when it is made.", prefix="/api/keys")


class KeyPath(BaseModel):
    """Names one key."""

    key_id: Id


class NewKey(Body):
    """A key to make."""

    name: str = Field(
        min_length=1, max_length=100, pattern=NOT_BLANK, description="What uses it, such as radarr"
    )
    role: Role = Field(default=Role.ADMIN, description="What it may do")


class KeyView(BaseModel):
    """A key as it is listed; the key itself cannot be read."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    role: Role
    prefix: str = Field(description="Its first characters")
    created_at: datetime
    created_by: str | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class MadeKey(KeyView):
    """A key just made."""

    key: str = Field(description="The key itself; it can never be read again")


class KeyList(SmallList):
    """All keys."""

    keys: list[KeyView]


@api.get("", responses={200: KeyList})
@requires("admin")
def list_keys(query: SmallListQuery) -> Response:
    """List all keys, revoked ones too."""
    with runtime().transaction() as session:
        rows = [KeyView.model_validate(row) for row in api_keys.list_keys(session)]
    cut = Cut(rows, query, newest_first)
    return answer(KeyList(keys=cut.shown, **cut.page))


@api.post("", responses={201: MadeKey})
@requires("admin")
@answers_with_a_secret
def create_key(body: NewKey) -> Response:
    """Make a key; the answer is the only place where it is ever shown."""
    with runtime().transaction() as session:
        row, key = api_keys.create_key(session, body.name, body.role, created_by=current_user.who)
        session.refresh(row)
        view = KeyView.model_validate(row)
    add_detail(key_id=view.id, name=view.name, role=view.role)
    return answer(MadeKey(**view.model_dump(), key=key), 201)


@api.delete("/<id:key_id>", responses={204: None})
@requires("admin")
def revoke_key(path: KeyPath) -> Response:
    """Revoke a key: it opens nothing from now on."""
    with runtime().transaction() as session:
        api_keys.revoke_key(session, path.key_id)
    return Response(status=204)
