"""Take webhooks in: store them, and then act on those that are stored, oldest first."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.connectors import arr_events
from queueapp.connectors.arr_events import Told
from queueapp.models.downloader import DownloaderKind
from queueapp.models.webhook import Origin, Outcome, Webhook
from queueapp.priorities import LANES
from queueapp.runtime import Runtime
from queueapp.services import enqueue
from queueapp.services.arr import downloaders, webhook_keys, webhook_stories
from queueapp.services.arr.told_before import UPGRADE
from queueapp.services.arr.webhook_stories import Means

log = structlog.get_logger(__name__)

#: Webhooks acted on in one transaction.
BATCH = 10
#: Number of the lock that lets one process at a time act, so that what came first is done first.
_TURN = 0x77656268
#: What PostgreSQL tells those who act about a webhook that was stored, with the commit that stored it.
CHANNEL = "queueapp_webhooks"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook at the door. `receipt` makes it one, however often it is taken in."""

    source: str
    event: str
    body: str
    downloader_id: int | None = None
    origin: Origin = Origin.HTTP
    replay_of: int | None = None
    receipt: uuid.UUID = field(default_factory=uuid.uuid4)
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))


#: Plain statements on a plain connection: they stand between a downloader and its answer. `sender` is a relation
#: of one row with the id of the downloader whose webhook this is, or of none when it may not be stored.
_STORE = """
    WITH sender AS ({sender}), stored AS (
        INSERT INTO webhooks (source, event, body, downloader_id, origin, replay_of, receipt, received_at, outcome)
        SELECT %(source)s, %(event)s, %(body)s, sender.id, %(origin)s, %(replay_of)s, %(receipt)s, %(received_at)s,
            'received'
        FROM sender
        ON CONFLICT (receipt) DO NOTHING RETURNING id
    )
    SELECT id, pg_notify(%(channel)s, '') FROM stored
"""
_STORE_FROM = _STORE.format(sender="SELECT %(downloader_id)s::bigint AS id")
_STORE_IF_KNOWN = _STORE.format(sender=webhook_keys.LET_IN)
_KINDS = frozenset(DownloaderKind)


def is_source(conn: psycopg.Connection[Any], name: str) -> bool:
    """Whether a configured downloader has this name, or it stands for all of a kind."""
    query = "SELECT 1 FROM downloaders WHERE lower(name) = lower(%s)"
    return name.lower() in _KINDS or conn.execute(query, (name,)).fetchone() is not None


def store(conn: psycopg.Connection[Any], delivery: Delivery) -> int | None:
    """Store a webhook as received; returns its id, None when it was stored before."""
    row = conn.execute(_STORE_FROM, _values(delivery)).fetchone()
    return int(row[0]) if row else None


def store_if_known(conn: psycopg.Connection[Any], keys: Sequence[str], delivery: Delivery) -> int | None:
    """Store a webhook if nothing speaks against it, in one round trip; None when that has to be looked into."""
    values = _values(delivery) | {"is_kind": delivery.source.lower() in _KINDS}
    row = conn.execute(_STORE_IF_KNOWN, values | webhook_keys.given(keys)).fetchone()
    return int(row[0]) if row else None


def _values(delivery: Delivery) -> dict[str, Any]:
    own = {name: getattr(delivery, name) for name in Delivery.__slots__}
    return own | {"origin": delivery.origin.value, "channel": CHANNEL}


def are_waiting(conn: psycopg.Connection[Any]) -> bool:
    """Whether any stored webhook was not acted on yet."""
    return conn.execute("SELECT 1 FROM webhooks WHERE outcome = 'received' LIMIT 1").fetchone() is not None


def act_on_received(runtime: Runtime) -> int:
    """Act on the oldest webhooks that nobody acted on yet; returns how many.

    Nothing is done while another process is at it.
    """
    means = means_of(runtime)
    with runtime.transaction() as session:
        if not session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_TURN))):
            return 0
        oldest = sa.select(Webhook).where(Webhook.outcome == Outcome.RECEIVED)
        webhooks = session.scalars(oldest.order_by(Webhook.id).limit(BATCH)).all()
        for webhook in webhooks:
            act_on(session, means, webhook)
    dispatch(runtime, means)
    return len(webhooks)


def settle_waiting(runtime: Runtime) -> int:
    """Look after upgrades whose import never came: have it checked whether their files are gone."""
    means = means_of(runtime)
    late = sa.select(Webhook).where(
        Webhook.outcome == Outcome.WAITING, Webhook.received_at < sa.func.now() - UPGRADE
    )
    with runtime.transaction() as session:
        webhooks = session.scalars(late.limit(100).with_for_update(skip_locked=True)).all()
        for webhook in webhooks:
            _guarded(session, webhook, lambda one: _give_up_waiting(session, means, one))
    dispatch(runtime, means)
    return len(webhooks)


def act_on(session: Session, means: Means, webhook: Webhook) -> None:
    """Act on one stored webhook; what goes wrong is noted on it and holds up no other."""
    _guarded(session, webhook, lambda one: _act(session, means, one))


def means_of(runtime: Runtime) -> Means:
    """What acting needs, of a process."""
    return Means(runtime.registry, runtime.settings.webhooks.gone_after_seconds)


def dispatch(runtime: Runtime, means: Means) -> None:
    """Hand out what was started; after the commit."""
    for task_id in means.started:
        enqueue.announce_created(runtime, task_id)
    enqueue.fill_lanes(runtime, range(len(LANES)))


def parsed(body: str | bytes) -> dict[str, Any]:
    """The payload of a webhook. Raises ValueError in words for what is none."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ValueError(f"the body is not JSON: {reason}") from None
    if not isinstance(payload, dict):
        raise ValueError("the body is not a JSON object")
    event = payload.get("eventType")
    if not isinstance(event, str) or not event.strip():
        raise ValueError("the body has no eventType")
    return payload


def _act(session: Session, means: Means, webhook: Webhook) -> None:
    told = _understood(webhook)
    webhook.title = told.label[:500] or None
    sender = downloaders.sender(
        session, webhook.source, webhook.downloader_id, told.instance, told.application_url
    )
    webhook.downloader_id = sender.id if sender else None
    webhook_stories.act(session, means, webhook, told, sender)


def _give_up_waiting(session: Session, means: Means, webhook: Webhook) -> None:
    told = _understood(webhook)
    assert told.title is not None
    webhook_stories.check_gone(session, means, webhook, told, told.title)


def _understood(webhook: Webhook) -> Told:
    return arr_events.read(parsed(webhook.body))


def _guarded(session: Session, webhook: Webhook, work: Callable[[Webhook], None]) -> None:
    try:
        # What is noted on the webhook is written once, at the end, and not before each question on the way.
        with session.begin_nested(), session.no_autoflush:
            work(webhook)
    except (
        sa.exc.OperationalError,
        sa.exc.InterfaceError,
        psycopg.OperationalError,
        errors.DatabaseUnavailable,
    ):
        raise
    except Exception as error:
        log.exception("webhook cannot be acted on", webhook_id=webhook.id)
        message = (
            error.message if isinstance(error, errors.QueueAppError) else f"{type(error).__name__}: {error}"
        )
        webhook.outcome, webhook.reason = Outcome.ERROR, message[:1000]
