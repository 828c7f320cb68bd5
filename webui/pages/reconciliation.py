"""Reconciliation: whether ledger, Redis and workers agree, and what was put right."""

from __future__ import annotations

from flask import Blueprint, render_template

from queueapp import db, errors
from queueapp.ledger import outages, repairs
from queueapp.services.reconcile import reconcile
from webui.context import runtime
from webui.pages.reading import session
from webui.security import requires

blueprint = Blueprint("reconciliation", __name__, url_prefix="/reconciliation")


@blueprint.get("")
@requires("viewer")
def index() -> str:
    """The comparison as of now; without Redis just what was put right before."""
    conn = db.raw(session())
    try:
        seen = reconcile(runtime())
    except errors.RedisUnavailable:
        seen = None
    return render_template(
        "reconciliation/index.html",
        seen=seen,
        away_since=outages.redis_away_since(conn) if seen is None else None,
        repairs=seen.repairs if seen else repairs.history(conn),
    )
