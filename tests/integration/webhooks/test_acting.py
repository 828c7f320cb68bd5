"""Who acts on stored webhooks: workers, in the order of arrival, and the web process while there are none."""

from __future__ import annotations

import json
import uuid

import sqlalchemy as sa
from flask import Flask

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.ledger import workers
from queueapp.models.webhook import Outcome, Webhook
from queueapp.services.arr import webhook_intake
from queueapp.services.arr.webhook_intake import Delivery
from tests import arr_payloads as arr
from tests.integration.webhooks.conftest import Sender
from tests.waiting import eventually
from tests.workers import run_worker
from webui import webhook_intake as door

MANY = 60


def store(runtime: Runtime, number: int) -> None:
    payload = arr.film_import(f"/movies/Film {number}/film.mkv", arr.movie(id=number + 1), number=number + 1)
    with runtime.direct.connection() as conn:
        webhook_intake.store(conn, Delivery("radarr", "Download", json.dumps(payload), receipt=uuid.uuid4()))


def counted(runtime: Runtime, query: str) -> int:
    with runtime.transaction() as session:
        return int(session.scalar(sa.text(query)) or 0)


def acted_on(runtime: Runtime) -> int:
    with runtime.transaction() as session:
        query = sa.select(sa.func.count()).where(Webhook.outcome == Outcome.TASK)
        return session.scalar(query) or 0


def test_a_worker_acts_on_webhooks_without_any_web_process(runtime: Runtime) -> None:
    store(runtime, 0)
    with run_worker(runtime, lanes=["critical", "high"]):
        eventually(lambda: acted_on(runtime) == 1, what="the webhook stored before it started")
        store(runtime, 1)
        eventually(lambda: acted_on(runtime) == 2, what="the webhook stored meanwhile")


def test_what_a_killed_worker_had_not_acted_on_is_done_by_the_next_one_once_each(runtime: Runtime) -> None:
    for number in range(MANY):
        store(runtime, number)
    with db.connect(runtime.settings.database_url or "") as held, held.transaction():
        held.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        # One in the middle that cannot be written yet stops the first worker there.
        middle = "SELECT id FROM webhooks ORDER BY id OFFSET %s LIMIT 1"
        held.execute(f"SELECT 1 FROM webhooks WHERE id = ({middle}) FOR UPDATE", (MANY // 2,))
        with run_worker(runtime) as first:
            eventually(lambda: acted_on(runtime) > 0, what="the first webhooks")
            first.kill()
        assert acted_on(runtime) <= MANY // 2
    with run_worker(runtime):
        eventually(lambda: acted_on(runtime) == MANY, seconds=60, what="the rest")
    imports = "SELECT count(*) FROM queue_items WHERE type = 'import'"
    assert counted(runtime, imports) == MANY
    in_order = "SELECT array_agg(task_id ORDER BY id) = array_agg(task_id ORDER BY task_id) FROM webhooks"
    assert counted(runtime, f"SELECT ({in_order})::int") == 1


def test_the_web_process_acts_only_while_no_worker_is_alive(
    runtime: Runtime, app: Flask, sender: Sender
) -> None:
    intake = door.of(app)
    with runtime.direct.connection() as conn:
        worker = workers.register(conn, broker_id="x", host="h", pid=1, lanes=["critical"], threads=1)
    intake.start()
    eventually(lambda: not intake.acts_here, what="the web process seeing the worker")
    answer = sender.send(arr.film_import("/movies/A/a.mkv", arr.movie()))
    webhook_id = answer.get_json()["webhook_id"]
    with runtime.direct.connection() as conn:
        workers.set_state(conn, worker, "draining")
    assert sender.outcome(webhook_id).outcome is Outcome.TASK


def test_a_webhook_wakes_those_who_act_with_its_commit(runtime: Runtime) -> None:
    with db.connect(runtime.settings.database_url or "") as listener:
        listener.execute(f"LISTEN {webhook_intake.CHANNEL}")
        assert not webhook_intake.are_waiting(listener)
        store(runtime, 0)
        told = list(listener.notifies(timeout=30, stop_after=1))
        assert [one.channel for one in told] == [webhook_intake.CHANNEL]
        assert webhook_intake.are_waiting(listener)
