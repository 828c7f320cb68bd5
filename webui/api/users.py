"""/api/users: the people who log in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from queueapp.models.user import Role, User
from queueapp.services import users
from webui.api.resource import Body, Resource, answer
from webui.api.small_lists import Cut, SmallList, SmallListQuery
from webui.context import runtime
from webui.security import requires

api = Resource("users", "People who log in. Passwords can be set, never read.", prefix="/api/users")

Password = Annotated[str, Field(min_length=users.MIN_PASSWORD, max_length=users.MAX_PASSWORD)]


class UserPath(BaseModel):
    """Names one user."""

    name: str


class NewUser(Body):
    """A user to add."""

    name: str = Field(min_length=1, max_length=users.MAX_NAME)
    password: Password
    role: Role = Role.VIEWER


class UserChange(Body):
    """What to change; what is left out stays."""

    password: Password | None = None
    role: Role | None = None


class UserView(BaseModel):
    """A user as read."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    role: Role
    created_at: datetime
    last_login_at: datetime | None


class UserList(SmallList):
    """All users."""

    users: list[UserView]


@api.get("", responses={200: UserList})
@requires("admin")
def list_users(query: SmallListQuery) -> Response:
    """List all users."""
    with runtime().transaction() as session:
        rows = [UserView.model_validate(row) for row in users.list_users(session)]
    cut = Cut(rows, query, lambda user: (user.name,))
    return answer(UserList(users=cut.shown, **cut.page))


@api.post("", responses={201: UserView})
@requires("admin")
def add_user(body: NewUser) -> Response:
    """Add a user."""
    with runtime().transaction() as session:
        user = users.add_user(session, body.name, body.password, body.role)
        session.refresh(user)
        return answer(UserView.model_validate(user), 201)


@api.patch("/<name>", responses={200: UserView})
@requires("admin")
def change_user(path: UserPath, body: UserChange) -> Response:
    """Set a user's password or role; a new password ends that user's sessions."""
    with runtime().transaction() as session:
        user: User = users.get_user(session, path.name)
        if body.password is not None:
            users.set_password(session, path.name, body.password)
        if body.role is not None:
            users.set_role(session, path.name, body.role)
        session.refresh(user)
        return answer(UserView.model_validate(user))


@api.delete("/<name>", responses={204: None})
@requires("admin")
def delete_user(path: UserPath) -> Response:
    """Remove a user; the last admin stays."""
    with runtime().transaction() as session:
        users.delete_user(session, path.name)
    return Response(status=204)
