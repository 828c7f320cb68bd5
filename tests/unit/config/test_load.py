"""Settings out of file and environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from queueapp import config
from queueapp.errors import ConfigError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_without_file_and_environment_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = config.load(environ={}, overrides={"data_dir": str(tmp_path)})
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8787)
    assert (settings.worker.processes, settings.worker.threads, settings.worker.priority_threads) == (2, 8, 4)
    assert (settings.tasks.retention_days, settings.tasks.max_active) == (30, 0)
    assert settings.database_url is None
    assert settings.redis_url is None


def test_the_environment_wins_over_the_file_and_overrides_over_both(tmp_path):
    file = write(tmp_path / "q.toml", "[web]\nport = 1001\nhost = '127.0.0.2'\n[tasks]\nretention_days = 3\n")
    environ = {"QUEUEAPP_CONFIG": str(file), "QUEUEAPP_WEB__PORT": "1002", "QUEUEAPP_TASKS__MAX_ACTIVE": "5"}
    settings = config.load(environ=environ, overrides={"web": {"port": None}, "worker": {"threads": 3}})
    assert (settings.web.port, settings.web.host) == (1002, "127.0.0.2")
    assert (settings.tasks.retention_days, settings.tasks.max_active) == (3, 5)
    assert settings.worker.threads == 3
    assert config.load(environ=environ, overrides={"web": {"port": 1003}}).web.port == 1003


def test_the_file_in_the_data_directory_is_found(tmp_path):
    write(tmp_path / "queueapp.toml", "[log]\nlevel = 'debug'\n")
    settings = config.load(environ={"QUEUEAPP_DATA_DIR": str(tmp_path)})
    assert settings.log.level == "debug"
    assert settings.config_file == tmp_path / "queueapp.toml"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"QUEUEAPP_WEB__PROT": "1"}, "unknown setting web.prot; did you mean web.port?"),
        ({"QUEUEAPP_WEBB__PORT": "1"}, "unknown setting webb; did you mean web?"),
        ({"QUEUEAPP_NONSENSE": "1"}, "unknown setting nonsense; the top level has: data_dir, database_url"),
        ({"QUEUEAPP_WEB__XQZW": "1"}, "unknown setting web.xqzw; section web has: host, port"),
        ({"QUEUEAPP_WEB__PORT": "http"}, "bad value for setting web.port: .* not 'http'"),
        ({"QUEUEAPP_WEB__PORT": "70000"}, "bad value for setting web.port"),
        ({"QUEUEAPP_A__B__C": "1"}, "QUEUEAPP_A__B__C is not understood"),
        ({"QUEUEAPP_LOG__LEVEL": "loud"}, "bad value for setting log.level"),
        ({"DATABASE_URL": "mysql://root@localhost/x"}, "database_url: must start with postgresql://"),
        ({"REDIS_URL": "localhost:6379"}, "redis_url: must start with redis://"),
        ({"QUEUEAPP_PATHS__ALLOWED_ROOTS": '["media"]'}, "media is not an absolute path"),
        ({"QUEUEAPP_TMDB__BASE_URL": "themoviedb"}, "bad value for setting tmdb.base_url"),
    ],
)
def test_a_wrong_setting_is_refused_by_name_with_a_hint(environ, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=said.replace("?", r"\?")):
        config.load(environ={"QUEUEAPP_DATA_DIR": str(tmp_path)} | environ)


def test_a_wrong_value_that_may_be_secret_is_not_repeated(tmp_path):
    with pytest.raises(ConfigError) as refused:
        config.load(environ={"DATABASE_URL": "mysql://root:hunter2@localhost/x"})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("text", ["[web\nport = 1", "port = = 1"])
def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path, text):
    file = write(tmp_path / "broken.toml", text)
    with pytest.raises(ConfigError, match=r"broken\.toml is not valid TOML"):
        config.load(file, environ={})


def test_a_named_file_that_is_missing_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the configuration file"):
        config.load(tmp_path / "none.toml", environ={})


def test_a_secret_may_be_given_as_a_file(tmp_path):
    key = write(tmp_path / "tmdb.key", "abc123\n")
    url = write(tmp_path / "url", "postgresql://u:p@db/q\n")
    environ = {"QUEUEAPP_TMDB__API_KEY_FILE": str(key), "QUEUEAPP_DATABASE_URL_FILE": str(url)}
    settings = config.load(environ=environ)
    assert settings.tmdb.api_key == "abc123"
    assert settings.database_url == "postgresql://u:p@db/q"


def test_a_missing_secret_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot read api_key_file"):
        config.load(environ={"QUEUEAPP_TMDB__API_KEY_FILE": str(tmp_path / "none")})


def test_secrets_do_not_show_in_a_repr():
    environ = {"DATABASE_URL": "postgresql://u:hunter2@db/q", "QUEUEAPP_TMDB__API_KEY": "hunter3"}
    assert "hunter" not in repr(config.load(environ=environ))


@pytest.mark.parametrize("given", ["postgres://a/b", "postgresql://a/b", "postgresql+psycopg://a/b"])
def test_every_spelling_of_a_postgresql_url_becomes_that_of_libpq(given):
    assert config.load(environ={"DATABASE_URL": given}).database_url == "postgresql://a/b"


def test_port_and_host_are_those_of_the_procfile_convention():
    settings = config.load(environ={"PORT": "5000", "HOST": "0.0.0.0"})
    assert (settings.web.port, settings.web.host) == (5000, "0.0.0.0")
    assert config.load(environ={"PORT": "5000", "QUEUEAPP_WEB__PORT": "6000"}).web.port == 6000


def test_a_host_variable_that_holds_a_machine_name_is_not_meant_for_us():
    assert config.load(environ={"HOST": "my-laptop"}).web.host == "127.0.0.1"


@pytest.mark.parametrize("given", ["queue", "/queue", "/queue/"])
def test_a_base_path_is_normalised(given):
    assert config.load(environ={"QUEUEAPP_WEB__BASE_PATH": given}).web.base_path == "/queue"
