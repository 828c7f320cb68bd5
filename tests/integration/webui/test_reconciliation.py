"""GET /api/reconciliation."""

from __future__ import annotations

from flask.testing import FlaskClient

from queueapp.dispatch import messages
from queueapp.runtime import Runtime


def test_a_viewer_reads_whether_ledger_and_redis_agree(viewer: FlaskClient, runtime: Runtime) -> None:
    assert viewer.get("/api/reconciliation").get_json()["agrees"] is True
    name, body = messages.encode("normal", "noop", [1])
    runtime.redis.hset(messages.bodies_key("normal"), name, body)
    seen = viewer.get("/api/reconciliation").get_json()
    assert seen["agrees"] is False
    assert seen["messages_without_item"] == [{"lane": "normal", "message_id": name, "item_ids": [1]}]
