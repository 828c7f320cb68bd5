"""What children are told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from queueapp import config


def test_a_child_reads_the_same_settings(tmp_path):
    overrides = {
        "data_dir": str(tmp_path),
        "database_url": "postgresql://u@/q?host=/run/a%20b",
        "redis_url": "redis://localhost/3",
        "web": {"host": "127.0.0.3", "port": 9000, "https": True, "base_path": "/q"},
        "worker": {"threads": 3, "grace_seconds": 7},
        "paths": {"allowed_roots": ["/media/a b", "/media/ü"]},
    }
    settings = config.load(environ={}, overrides=overrides)
    assert config.load(environ=config.child_environment(settings, {})) == settings


def test_secrets_are_not_written_into_the_environment_but_read_where_we_read_them(tmp_path):
    file = tmp_path / "q.toml"
    file.write_text("[tmdb]\napi_key = 'hunter2'\n")
    settings = config.load(file, environ={})
    environment = config.child_environment(settings, {})
    assert "hunter2" not in str(environment)
    assert config.load(environ=environment).tmdb.api_key == "hunter2"


def test_programs_beside_our_python_come_first():
    environment = config.child_environment(config.load(environ={}), {"PATH": "/bin"})
    assert environment["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), "/bin"]
