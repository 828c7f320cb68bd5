"""Users, their passwords and roles."""

from __future__ import annotations

import pytest

from queueapp import errors
from queueapp.models.user import Role
from queueapp.runtime import Runtime
from queueapp.services import users

PASSWORD = "correct horse battery"


def test_a_user_is_found_by_name_in_any_case_and_known_by_password(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        users.add_user(session, "Anna", PASSWORD, "admin")
    with runtime.transaction() as session:
        user = users.check_password(session, "ANNA", PASSWORD)
        assert user is not None
        assert (user.name, user.role) == ("anna", Role.ADMIN)
        assert user.last_login_at is not None
        assert users.check_password(session, "anna", "something else") is None
        assert users.check_password(session, "otto", PASSWORD) is None
        assert users.check_password(session, "anna", "x" * 10_000) is None


@pytest.mark.parametrize(
    ("name", "password", "role", "field"),
    [
        ("", PASSWORD, "admin", "name"),
        ("a\nb", PASSWORD, "admin", "name"),
        ("anna", "short", "admin", "password"),
        ("anna", PASSWORD, "king", "role"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(
    runtime: Runtime, name: str, password: str, role: str, field: str
) -> None:
    with runtime.transaction() as session, pytest.raises(errors.BadPayload) as refused:
        users.add_user(session, name, password, role)
    assert refused.value.errors[0]["loc"] == [field]


def test_a_name_is_taken_once(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        users.add_user(session, "anna", PASSWORD, "viewer")
        with pytest.raises(errors.Conflict):
            users.add_user(session, "Anna", PASSWORD, "viewer")


def test_the_first_admin_is_made_once(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        assert users.ensure_admin(session, PASSWORD)
        assert not users.ensure_admin(session, "another password")
        assert users.check_password(session, "admin", PASSWORD)


def test_the_last_admin_keeps_role_and_account(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        users.add_user(session, "anna", PASSWORD, "admin")
        with pytest.raises(errors.Conflict):
            users.set_role(session, "anna", "viewer")
        with pytest.raises(errors.Conflict):
            users.delete_user(session, "anna")
        users.add_user(session, "otto", PASSWORD, "admin")
        users.delete_user(session, "anna")
        assert [user.name for user in users.list_users(session)] == ["otto"]


def test_a_new_password_replaces_the_old(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        users.add_user(session, "anna", PASSWORD, "admin")
        users.set_password(session, "anna", "another password")
        assert users.check_password(session, "anna", PASSWORD) is None
        assert users.check_password(session, "anna", "another password")
        with pytest.raises(errors.NotFound):
            users.set_password(session, "otto", PASSWORD)
