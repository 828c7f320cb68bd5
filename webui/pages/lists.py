"""TMDB lists: the people connected, their lists, what is wished of them and how far that is."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.models.list_operation import ListOperationType as Kind
from queueapp.models.tmdb_user import TmdbUserKind
from queueapp.services.lists import accounts, acts, known, operation_views, outcome, processor
from queueapp.services.lists.ask import ask
from queueapp.services.lists.operation_views import ListOperationStatus, OperationFilter, Row
from queueapp.services.lists.wishes import Wish
from webui.api.lists import ListChanges, NewItem, NewList
from webui.context import runtime
from webui.pages import answering, forms, list_views
from webui.pages.reading import session
from webui.security import current_user, requires

blueprint = Blueprint("lists", __name__, url_prefix="/lists")

#: Operations on a page.
PAGE = 50


@blueprint.get("")
@requires("viewer")
def index() -> str:
    """People, lists, operations and the processor."""
    return _index({}, {})


@blueprint.post("/new")
@requires("admin")
def create() -> Response | tuple[str, int]:
    """Wish for a list."""
    given = _form("tmdb_user_id", "name", "description") | {"public": request.form.get("public") == "yes"}
    try:
        new = NewList.model_validate(given)
    except ValidationError as error:
        return _index(given, forms.problems(error)), 422
    data = new.model_dump(mode="json", exclude={"tmdb_user_id"}, exclude_none=True)
    return _wish(new.tmdb_user_id, None, Wish(Kind.CREATE_LIST, data=data))


@blueprint.get("/<id:list_id>")
@requires("viewer")
def detail(list_id: int) -> str:
    """One list: its films to be, its name, and what is wished of it."""
    return _detail(list_id, {}, {})


@blueprint.post("/<id:list_id>/change")
@requires("admin")
def change(list_id: int) -> Response | tuple[str, int]:
    """Wish for another name or description."""
    found = known.get_list(session(), list_id)
    given = _form("name", "description") | {"tmdb_user_id": found.tmdb_user_id}
    try:
        changes = ListChanges.model_validate(given)
    except ValidationError as error:
        return _detail(list_id, given, forms.problems(error)), 422
    return _wish(found.tmdb_user_id, list_id, Wish(Kind.UPDATE_LIST, data=changes.wish()))


@blueprint.post("/<id:list_id>/add", defaults={"kind": Kind.ADD_ITEM}, endpoint="add")
@blueprint.post("/<id:list_id>/take-off", defaults={"kind": Kind.REMOVE_ITEM}, endpoint="take_off")
@requires("admin")
def film(list_id: int, kind: Kind) -> Response | tuple[str, int]:
    """Wish for a film on a list, or off it."""
    found = known.get_list(session(), list_id)
    given = _form("movie_id") | {"tmdb_user_id": found.tmdb_user_id}
    try:
        item = NewItem.model_validate(given)
    except ValidationError as error:
        return _detail(list_id, given, forms.problems(error)), 422
    return _wish(found.tmdb_user_id, list_id, Wish(kind, item.movie_id))


@blueprint.route("/<id:list_id>/clear", methods=["GET", "POST"])
@requires("admin")
def clear(list_id: int) -> Response | str:
    """Ask, then wish for an empty list."""
    found = known.get_list(session(), list_id)
    if request.method == "GET":
        return _ask("lists/ask_clear.html", found=found)
    return _wish(found.tmdb_user_id, list_id, Wish(Kind.CLEAR_LIST))


@blueprint.route("/<id:list_id>/delete", methods=["GET", "POST"])
@requires("admin")
def delete(list_id: int) -> Response | str:
    """Ask, then wish for a list to be gone."""
    found = known.get_list(session(), list_id)
    if request.method == "GET":
        return _ask("lists/ask_delete.html", found=found)
    return _wish(found.tmdb_user_id, list_id, Wish(Kind.DELETE_LIST), away=True)


@blueprint.post("/operations/<id:operation_id>/process", endpoint="process")
@blueprint.post("/operations/<id:operation_id>/retry", endpoint="retry")
@blueprint.post("/operations/<id:operation_id>/cancel", endpoint="cancel")
@requires("admin")
def act(operation_id: int) -> Response:
    """Process, retry or cancel one operation."""
    done = {
        "process": lambda: (acts.process(runtime(), operation_id), "is tried now")[1],
        "retry": lambda: (acts.retry(runtime(), operation_id, current_user.who), "is tried again")[1],
        "cancel": lambda: (acts.cancel(runtime(), operation_id, current_user.who), "is cancelled")[1],
    }[str(request.endpoint).rpartition(".")[2]]
    return answering.do(lambda: f"Operation {operation_id} {done()}", default=url_for("pages.lists.index"))


@blueprint.post("/process")
@requires("admin")
def process_all() -> Response:
    """Have everything that waits tried now."""

    def tell() -> str:
        count = acts.process_all(runtime())
        return f"{count} operations are tried now" if count else "Nothing waits"

    return answering.do(tell, default=url_for("pages.lists.index"))


@blueprint.post("/processor/on", defaults={"enabled": True}, endpoint="switch_on")
@blueprint.post("/processor/off", defaults={"enabled": False}, endpoint="switch_off")
@requires("admin")
def switch(enabled: bool) -> Response:
    """Carry operations out by themselves, or not."""

    def tell() -> str:
        acts.switch_processor(runtime(), enabled, current_user.who)
        return (
            "Operations are carried out by themselves"
            if enabled
            else "Operations wait until you process them"
        )

    return answering.do(tell, default=url_for("pages.lists.index"))


def _wish(user_id: int, list_id: int | None, wish: Wish, *, away: bool = False) -> Response:
    def tell() -> str:
        asked = ask(runtime(), user_id, list_id, wish, current_user.who)
        found = outcome.wait_for(runtime(), asked.operation_id, 0 if asked.held else outcome.WAIT_SECONDS)
        if found.view.status is ListOperationStatus.FAILED:
            raise errors.Conflict(found.view.error_message or "TMDB refuses")
        return list_views.told(found)

    back = url_for("pages.lists.index")
    return answering.do(
        tell, default=back, gone=url_for("pages.lists.detail", list_id=list_id) if away else None
    )


def _index(given: dict[str, Any], problems: dict[str, str]) -> str:
    wanted = request.args.get("status", "")
    status = [ListOperationStatus(wanted)] if wanted in list(ListOperationStatus) else []
    chosen = OperationFilter(status=status)
    lists, total = known.list_lists(session(), None, limit=100)
    stats = {one.tmdb_user_id: one for one in operation_views.stats_by_user(session())}
    return render_template(
        "lists/index.html",
        users=[
            list_views.person(session(), runtime().settings, one, stats)
            for one in accounts.list_users(session())
        ],
        lists=lists,
        lists_total=total,
        counts=operation_views.stats(session()),
        processor=processor.status(session()),
        statuses=list(ListOperationStatus),
        wanted=status[0] if status else None,
        kinds=list(TmdbUserKind),
        given=given,
        problems=problems,
        **_operations(chosen),
    )


def _detail(list_id: int, given: dict[str, Any], problems: dict[str, str]) -> str:
    found = known.get_list(session(), list_id)
    owner = accounts.get_user(session(), found.tmdb_user_id)
    operations = _operations(OperationFilter(list_id=found.id))
    return render_template(
        "lists/detail.html", found=found, owner=owner, given=given, problems=problems, **operations
    )


def _operations(chosen: OperationFilter) -> dict[str, Any]:
    offset = max(request.args.get("offset", 0, type=int), 0)
    rows: list[Row] = operation_views.list_operations(session(), chosen, PAGE, min(offset, 10_000))
    total = operation_views.count_operations(session(), chosen)
    return {
        "operations": [list_views.line(row) for row in rows],
        "total": total,
        "offset": offset,
        "page": PAGE,
    }


def _form(*names: str) -> dict[str, str]:
    return {name: request.form[name] for name in names if request.form.get(name)}


def _ask(template: str, **more: Any) -> str:
    return render_template(template, back=answering.next_url(url_for("pages.lists.index")), **more)
