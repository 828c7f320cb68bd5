"""Commands on an instance whose database and Redis run, without workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from queueapp.cli import cli
from queueapp.config import Settings
from queueapp.demo import make_video
from tests.media_tree import plant
from tests.running_scan import ScannedLibrary


class Terminal:
    """Runs commands on one instance."""

    def __init__(self, settings: Settings) -> None:
        self.environ = {
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "QUEUEAPP_DATA_DIR": str(settings.data_dir),
            "QUEUEAPP_PATHS__ALLOWED_ROOTS": json.dumps([str(root) for root in settings.paths.allowed_roots]),
            "COLUMNS": "200",
        }

    def __call__(self, *arguments: str, status: int = 0, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(cli, arguments, env=self.environ, input=stdin, prog_name="queueapp")
        assert result.exit_code == status, result.output
        return result

    def json(self, *arguments: str) -> dict:
        return json.loads(self(*arguments, "--json").stdout)


@pytest.fixture
def run(settings: Settings) -> Terminal:
    return Terminal(settings)


def error_of(result: Result) -> str:
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_a_task_is_enqueued_listed_shown_paused_and_canceled(run):
    task_id = run.json("enqueue", "sleep", "--item", '{"seconds": 1}', "--item", '{"seconds": 2}')["task_id"]
    listed = run.json("tasks")
    assert [(task["id"], task["status"], task["total_items"]) for task in listed["tasks"]] == [
        (task_id, "queued", 2)
    ]
    shown = run.json("show", str(task_id))
    assert [item["payload"] if "payload" in item else item["type"] for item in shown["items"]] == [
        "sleep",
        "sleep",
    ]
    run("pause", str(task_id))
    assert run.json("show", str(task_id))["paused"]
    run("resume", str(task_id))
    run("cancel", str(task_id), "--item", str(shown["items"][0]["id"]))
    run("cancel", str(task_id))
    assert run.json("tasks", "--status", "cancelled")["total"] == 1
    run("retry", str(task_id))
    assert run.json("show", str(task_id))["status"] == "queued"


def test_for_people_there_are_tables(run):
    assert run("tasks").output == "no tasks\n"
    run("enqueue", "noop")
    heading, row = run("tasks").output.splitlines()
    assert heading.split() == ["ID", "TYPE", "STATUS", "ITEMS", "CREATED", "TITLE"]
    assert row.split()[1:4] == ["noop", "queued", "0/1"]
    assert "noop" in run("show", "1").output
    assert run("logs", "1", "1").output == "nothing was logged\n"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["enqueue", "nonsense"], 2, "unknown operation 'nonsense'; known are"),
        (["enqueue", "sleep", "--item", '{"seconds": "long"}'], 2, "items.0.seconds"),
        (["enqueue", "sleep", "--item", '{"seconds": "1"}'], 2, "items.0.seconds"),
        (["enqueue", "noop", "--priority", "urgent"], 2, "unknown priority 'urgent'"),
        (["scan", "/does/not/exist"], 2, "there is no folder /does/not/exist"),
        (["scan", "/usr"], 2, "/usr lies in no library and no allowed root"),
        (["libraries", "add", "/etc"], 2, "system"),
        (["show", "999"], 3, "there is no task 999"),
        (["logs", "999", "1"], 3, "there is no task 999"),
        (["cancel", "999"], 3, "there is no task 999"),
        (["retry", "999"], 3, "there is no task 999"),
        (["libraries", "remove", "999"], 3, "there is no library 999"),
        (["apikey", "revoke", "999"], 3, "there is no API key 999"),
        (["schedules", "run", "nothing"], 3, "there is no schedule 'nothing'"),
        (["users", "passwd", "nobody", "--password", "long enough"], 3, "there is no user named 'nobody'"),
        (["users", "add", "anna", "--password", "short"], 2, "a password has 8 to 1024 characters"),
    ],
)
def test_what_cannot_be_is_one_line_and_a_status(run, arguments, status, said):
    assert said in error_of(run(*arguments, status=status))
    assert run.json("tasks")["total"] == 0


@pytest.mark.parametrize("payload", ["{", "[1]", "7"])
def test_a_payload_that_is_no_json_object_is_a_usage_error(run, payload):
    assert "Invalid value for '--item'" in run("enqueue", "noop", "--item", payload, status=2).output


def test_waiting_where_nothing_runs_is_refused_with_the_remedy(settings, data_dir):
    terminal = Terminal(settings)
    terminal.environ |= {"DATABASE_URL": "", "REDIS_URL": "", "QUEUEAPP_DATA_DIR": str(data_dir)}
    said = error_of(terminal("enqueue", "noop", "--wait", status=1))
    assert said == "queueapp: task 1 is queued, but no worker is running: start one with `queueapp up`"


def test_a_library_is_added_with_the_kind_its_names_tell_and_scanned(run, tmp_path: Path):
    films, series = tmp_path / "films", tmp_path / "series"
    make_video(films / "Nosferatu (1922)" / "Nosferatu (1922).mkv", cache=tmp_path / "made")
    make_video(series / "Robin Hood" / "Season 01" / "Robin Hood S01E01.mkv", cache=tmp_path / "made")
    for folder in (films, series):
        run("libraries", "add", str(folder))
    libraries = run.json("libraries", "list")["libraries"]
    assert [(library["name"], library["kind"]) for library in libraries] == [
        ("films", "movies"),
        ("series", "tv"),
    ]
    assert run.json("tasks", "--type", "scan")["total"] == 2
    run("libraries", "remove", str(libraries[0]["id"]))
    assert run.json("libraries", "list")["total"] == 1
    assert (films / "Nosferatu (1922)" / "Nosferatu (1922).mkv").exists()


def test_a_scan_of_a_library_is_that_of_its_page_and_one_below_it_is_its_own(run, tmp_path: Path):
    (tmp_path / "films" / "Nosferatu (1922)").mkdir(parents=True)
    first = run.json("libraries", "add", str(tmp_path / "films"))["task_id"]
    assert run.json("scan", str(tmp_path / "films"))["task_id"] == first
    below = run.json("scan", str(tmp_path / "films" / "Nosferatu (1922)"))["task_id"]
    assert below != first
    assert run.json("show", str(below))["meta"]["config"]


def test_a_title_is_renamed_and_what_was_done_is_taken_back(run, runtime, tmp_path: Path):
    plant(tmp_path / "films", ["heat.1995.1080p/heat.mkv"])
    library = ScannedLibrary(runtime, tmp_path / "films")
    library.scan()
    film = library.titles()[0].id
    task_id = run.json("rename", str(film), "--dry-run", "--template", "{title}/{title}.{ext}")["task_id"]
    shown = run.json("show", str(task_id))
    assert (shown["type"], shown["dry_run"]) == ("rename", True)
    assert "at character 1" in error_of(run("rename", str(film), "--template", "{nothing}", status=2))
    assert "no title 99" in error_of(run("rename", "99", status=3))
    run("cancel", str(task_id))
    assert "changed no files" in error_of(run("undo", str(task_id), status=1))


def test_keys_are_made_listed_without_the_key_and_revoked(run):
    made = run.json("apikey", "create", "--role", "admin")
    assert set(made) == {"id", "role", "key"}
    listed = run("apikey", "list", "--json").stdout
    assert made["key"] not in listed
    run("apikey", "revoke", str(made["id"]))
    assert run.json("apikey", "list")["keys"][0]["revoked_at"]
    assert run("apikey", "create").output.startswith("qk_")


def test_users_are_added_listed_and_given_a_new_password(run):
    run("users", "add", "Anna", "--role", "viewer", stdin="a long secret\na long secret\n")
    assert [(user["name"], user["role"]) for user in run.json("users", "list")["users"]] == [
        ("anna", "viewer")
    ]
    run("users", "passwd", "anna", "--password", "another secret")


def test_the_cleanup_schedule_is_listed_and_can_be_run_now(run):
    schedules = run.json("schedules", "list")["schedules"]
    assert "cleanup" in [schedule["name"] for schedule in schedules]
    task_id = run.json("schedules", "run", "cleanup")["task_id"]
    assert run.json("show", str(task_id))["type"] == "cleanup"


def test_prune_deletes_what_is_old_and_says_how_much_it_would(run, runtime):
    task_id = run.json("enqueue", "noop")["task_id"]
    run("cancel", str(task_id))
    with runtime.transaction() as session:
        session.execute(
            sa.text("UPDATE queue_tasks SET finished_at = now() - interval '40 days', stopped_at = now()")
        )
    assert run("prune", "--dry-run").output.startswith("1 tasks")
    assert run("prune").output == "deleted 1 tasks\n"
    assert run.json("tasks")["total"] == 0


def test_doctor_says_what_is_bad_and_what_to_do(run, tmp_path):
    (tmp_path / "films").mkdir()
    run("libraries", "add", str(tmp_path / "films"), "--kind", "movies")
    (tmp_path / "films").rmdir()
    output = run("doctor", status=1).output
    assert "ok   database: PostgreSQL 18" in output
    assert "BAD  workers: none is alive → " in output
    assert f"BAD  libraries: films ({tmp_path}/films) cannot be read → mount it" in output


def test_doctor_ends_with_5_when_the_database_is_away(run):
    run.environ["DATABASE_URL"] = "postgresql://me@127.0.0.1:1/x"
    assert "BAD  database: cannot reach the database" in run("doctor", status=5).output


def test_a_database_without_tables_is_refused_until_it_is_migrated(empty_database_url, run):
    run.environ["DATABASE_URL"] = empty_database_url
    assert "run `queueapp db upgrade` first" in error_of(run("tasks", status=2))
    assert run.json is not None
    run("db", "check", status=1)
    assert "first admin: user admin, password" in run("db", "upgrade").output
    run("db", "check")
    assert "password" not in run("db", "upgrade").output


def test_a_database_of_a_newer_version_is_refused(run, runtime):
    with runtime.transaction() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert "9999" in error_of(run("tasks", status=2))
    assert "not one this version can use" in error_of(run("db", "upgrade", status=2))


def test_redis_away_is_one_line_where_it_is_needed_and_no_obstacle_where_not(run):
    run.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"
    command = [sys.executable, "-m", "queueapp", "enqueue", "noop", "--json"]
    done = subprocess.run(command, env=os.environ | run.environ, capture_output=True, text=True)
    assert json.loads(done.stdout) == {"task_id": 1}
    assert "redis cannot be reached" in done.stderr
    assert run.json("tasks")["total"] == 1
    assert "BAD  redis" in run("doctor", status=5).output


def test_every_command_takes_the_data_directory_before_and_after_its_name(data_dir):
    for arguments in (
        ["--data-dir", str(data_dir / "a"), "tasks"],
        ["tasks", "--data-dir", str(data_dir / "b")],
    ):
        result = CliRunner().invoke(cli, arguments, env={"DATABASE_URL": "", "REDIS_URL": ""})
        assert result.exit_code == 0, result.output
    assert {path.name for path in data_dir.iterdir()} == {"a", "b"}
