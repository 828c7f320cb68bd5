from __future__ import annotations

from psycopg.types.json import Jsonb

from queueapp import db
from queueapp.connectors.circuit import Circuit
from queueapp.dispatch import messages
from queueapp.dispatch.relay import Relay
from queueapp.ledger import workers
from queueapp.runtime import Runtime
from queueapp.services.enqueue import NewTask, create_task
from tests.integration.pages.reader import Reader


def test_the_page_says_that_all_agree(viewer: Reader) -> None:
    page = viewer.open("/reconciliation")
    assert page.status == 200
    assert "Ledger, Redis and workers agree" in page.text()
    assert "Nothing ever had to be put right" in page.text()


def test_the_page_names_each_difference_and_what_was_put_right(viewer: Reader, runtime: Runtime) -> None:
    task_id = create_task(runtime, NewTask(type="noop", items=[{}])).task_id
    with db.connect(runtime.settings.database_url or "") as conn:
        workers.register(conn, broker_id="b", host="attic", pid=77, lanes=["normal"], threads=1)
        conn.execute("UPDATE queue_workers SET heartbeat_at = now() - interval '1 minute'")
        conn.execute("UPDATE queue_items SET dispatched_at = now() - interval '1 minute'")
    runtime.redis.flushdb()
    name, body = messages.encode("low", "noop", [10**9])
    runtime.redis.hset(messages.bodies_key("low"), name, body)
    page = viewer.open("/reconciliation")
    assert "There are differences" in page.text()
    assert page.page.xpath(f"//a[starts-with(@href, '/tasks/{task_id}/items/')]")
    assert name in page.text()
    assert "attic" in page.text()
    with db.connect(runtime.settings.database_url or "", durable=False) as conn:
        Relay(runtime.redis).repair(conn)
    seen = viewer.open("/reconciliation").text()
    assert "handed out again: redis did not hold them" in seen


def test_without_redis_the_page_says_so(viewer: Reader, runtime: Runtime) -> None:
    runtime.redis.connection_pool.reset()
    runtime.redis.connection_pool.connection_kwargs |= {"path": "/nowhere/redis.sock"}
    page = viewer.open("/reconciliation")
    assert page.status == 200
    assert "Redis cannot be reached" in page.text()


def test_an_open_circuit_is_a_banner_with_a_button_that_tries_again(
    admin: Reader, viewer: Reader, runtime: Runtime
) -> None:
    task_id = create_task(runtime, NewTask(type="noop", items=[{}])).task_id
    error = {"type": "CircuitOpen", "message": "tmdb circuit open since 14:00: it refuses us"}
    with db.connect(runtime.settings.database_url or "") as conn:
        conn.execute(
            "UPDATE queue_items SET stage = 1, dispatched_at = NULL, available_at = now() + interval '1 hour',"
            " error = %s WHERE task_id = %s",
            (Jsonb(error), task_id),
        )
    Circuit(runtime.redis, "tmdb", "abcd").record_refused("it refuses the credentials (401)")
    assert "tmdb refuses our credentials since" in _banners(viewer.open("/workers"))
    assert "Try again" not in _banners(viewer)
    state = admin.open("/workers")._client.get("/api/control").get_json()
    assert [(one["provider"], one["kind"]) for one in state["circuits"]] == [("tmdb", "credentials")]
    admin.press("Try tmdb again")
    assert admin.toasts() == ["tmdb is tried again: 1 waiting item due now"]
    assert "refuses" not in _banners(admin)


def _banners(reader: Reader) -> str:
    return " ".join(reader.page.xpath("//*[@id='banners']")[0].itertext())
