"""/api/reconciliation: whether ledger, Redis and workers agree."""

from __future__ import annotations

from flask import Response

from queueapp.services.reconcile import Reconciliation, reconcile
from webui.api.resource import Resource, answer
from webui.context import runtime
from webui.security import requires

api = Resource("reconciliation", "Whether ledger, Redis and workers agree.", prefix="/api/reconciliation")


@api.get("", responses={200: Reconciliation})
@requires("viewer")
def get_reconciliation() -> Response:
    """Compare ledger, Redis and workers, and tell what was repaired last."""
    return answer(reconcile(runtime()))
