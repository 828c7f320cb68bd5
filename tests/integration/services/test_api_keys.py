"""API keys."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from queueapp import errors
from queueapp.models.api_key import ApiKey
from queueapp.runtime import Runtime
from queueapp.services import api_keys


def test_a_key_is_found_until_it_is_revoked(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        row, key = api_keys.create_key(session, "radarr", "viewer", created_by="anna")
        found = api_keys.find_by_key(session, key)
        assert found is not None
        assert found.id == row.id
        assert api_keys.find_by_key(session, key + "x") is None
        api_keys.revoke_key(session, row.id)
        api_keys.revoke_key(session, row.id)
        assert api_keys.find_by_key(session, key) is None
        assert [each.name for each in api_keys.list_keys(session)] == ["radarr"]


def test_only_a_hash_of_the_key_is_stored(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        row, key = api_keys.create_key(session, "radarr", "viewer")
        assert row.key_hash == api_keys.hash_of(key)
        assert key.startswith(row.prefix)
        assert len(key) > 40


def test_the_use_of_a_key_is_noted_at_most_once_a_minute(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        _, key = api_keys.create_key(session, "radarr", "viewer")
    uses = [_use(runtime, key), _use(runtime, key)]
    assert uses[0] is not None
    assert uses[0] == uses[1]
    with runtime.transaction() as session:
        long_ago = sa.func.now() - sa.func.make_interval(0, 0, 0, 1)
        session.execute(sa.update(ApiKey).values(last_used_at=long_ago))
    assert _use(runtime, key) > uses[0]


def _use(runtime: Runtime, key: str) -> object:
    with runtime.transaction() as session:
        api_keys.find_by_key(session, key)
    with runtime.transaction() as session:
        return session.scalars(sa.select(ApiKey.last_used_at)).one()


def test_unfit_keys_and_unknown_ids_are_refused(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for name, role in (("", "admin"), ("a\0b", "admin"), ("a", "king")):
            with pytest.raises(errors.BadPayload):
                api_keys.create_key(session, name, role)
        with pytest.raises(errors.NotFound):
            api_keys.revoke_key(session, 12)
