"""/api/queues/{id}/items/{item_id}: one item, its log, and what can be done to it."""

from __future__ import annotations

from flask import Response

from queueapp.ledger import reads
from queueapp.ledger.views import ItemDetail
from queueapp.services import cancel, retry
from webui.api.queue_models import ItemPath, LogLines, LogQuery, RetryItemBody
from webui.api.resource import Resource, answer
from webui.context import runtime
from webui.security import current_user, requires

api = Resource("queue_items", "Items of tasks.", prefix="/api/queues", tag_name="queues")

#: log lines that come with an item; the rest by …/logs
DETAIL_LOG_LINES = 200


class ItemWithLogs(ItemDetail, LogLines):
    """An item with all that is known of it, and the beginning of its log."""


@api.get("/<id:task_id>/items/<id:item_id>", responses={200: ItemWithLogs})
@requires("viewer")
def get_item(path: ItemPath) -> Response:
    """Read an item with payload, result, error and the first lines of its log."""
    with runtime().transaction() as session:
        item = reads.get_item(session, path.task_id, path.item_id)
        lines = reads.item_logs(session, path.item_id, limit=DETAIL_LOG_LINES)
    following = lines[-1].seq if lines else 0
    return answer(ItemWithLogs.model_construct(**dict(item), logs=lines, next_after=following))


@api.get("/<id:task_id>/items/<id:item_id>/logs", responses={200: LogLines})
@requires("viewer")
def get_logs(path: ItemPath, query: LogQuery) -> Response:
    """Read an item's log from behind line `after`."""
    with runtime().transaction() as session:
        reads.get_item(session, path.task_id, path.item_id)
        lines = reads.item_logs(session, path.item_id, after=query.after, limit=query.limit)
    return answer(LogLines(logs=lines, next_after=lines[-1].seq if lines else query.after))


@api.post("/<id:task_id>/items/<id:item_id>/cancel", responses={202: ItemDetail})
@requires("admin")
def cancel_item(path: ItemPath) -> Response:
    """Cancel one item; the rest of its task goes on."""
    cancel.cancel_item(runtime(), path.task_id, path.item_id, current_user.who)
    return _item(path)


@api.post("/<id:task_id>/items/<id:item_id>/retry", responses={202: ItemDetail})
@requires("admin")
def retry_item(path: ItemPath, body: RetryItemBody) -> Response:
    """Give one failed or canceled item new attempts, with another payload if one is given."""
    retry.retry_item(runtime(), path.task_id, path.item_id, current_user.who, payload=body.payload)
    return _item(path)


def _item(path: ItemPath) -> Response:
    with runtime().transaction() as session:
        return answer(reads.get_item(session, path.task_id, path.item_id), 202)
