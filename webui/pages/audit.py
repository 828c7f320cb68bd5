"""The audit log: who changed what, when and from where."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from queueapp.services import audit
from webui.pages.reading import session
from webui.security import requires

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

LIMIT = 50


@blueprint.get("")
@requires("admin")
def index() -> str:
    """The newest entries, or those before one."""
    before = request.args.get("before", type=int)
    given = {name: request.args.get(name, "").replace("\0", "").strip() for name in ("who", "target")}
    chosen = audit.AuditFilter(**{name: text for name, text in given.items() if text})
    rows = audit.list_entries(session(), chosen, limit=LIMIT + 1, before=before)
    entries = rows[:LIMIT]
    older = entries[-1].id if len(rows) > LIMIT else None
    return render_template("audit/index.html", entries=entries, older=older, before=before, given=given)


def words_of(action: str) -> str:
    """An action of the log in words: "POST queue_acts.cancel_task" is "Cancel task"."""
    method, _, endpoint = action.partition(" ")
    if not endpoint or method != method.upper():
        return action[:1].upper() + action[1:]
    *families, act = endpoint.split(".")
    said = act.replace("_", " ")
    if " " not in said and families:
        family = families[-1].replace("_", " ").removesuffix("s")
        said = f"{said} {family}"
    return said[:1].upper() + said[1:]
