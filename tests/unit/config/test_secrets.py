"""The key that signs sessions."""

from __future__ import annotations

import stat

from queueapp import config


def test_a_given_session_secret_is_used(tmp_path):
    overrides = {"data_dir": str(tmp_path), "web": {"session_secret": "given"}}
    assert config.session_secret(config.load(environ={}, overrides=overrides)) == "given"
    assert list(tmp_path.iterdir()) == []


def test_else_one_is_made_once_that_only_we_can_read(tmp_path):
    settings = config.load(environ={}, overrides={"data_dir": str(tmp_path / "new")})
    made = config.session_secret(settings)
    assert len(made) >= 32
    assert config.session_secret(settings) == made
    assert stat.S_IMODE((tmp_path / "new" / "session.key").stat().st_mode) == 0o600
