"""The OpenAPI document is whole, and the API does what it says."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from pydantic import BaseModel
from schemathesis.checks import CHECKS, is_check_class, load_all_checks
from schemathesis.config._phases import DEFAULT_UNEXPECTED_METHODS
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from schemathesis.specs.openapi.coverage._operation import iter_coverage_cases

from queueapp.models.worker import Worker
from queueapp.runtime import Runtime
from tests.integration.finished_tasks import finished_task
from webui import api
from webui.api.resource import Query

#: further examples only make the suite slower; a long run is made by hand
EXAMPLES = 3
#: of the several thousand requests with one thing at a bound or wrong, those made for each operation
COVERED = 5
#: walks along the links, and their lengths
SEQUENCES = 8
STEPS = 6
#: Answers to what fits the document, but means nothing to the program: only it knows the operations and their
#: payloads, the cursors it gave out, the folders it may touch, and the keys it has seen. `unfit_request` is not
#: among them: that is the answer of the models that the document is made from.
MEANINGLESS = {"bad_payload", "unknown_operation", "path_refused", "idempotency_key_reused"}
#: No schema says what these names may be: templates have a grammar, and some words are taken.
NAMES = {
    "PATCH /api/libraries/{library_id}",
    "POST /api/downloaders",
    "PATCH /api/downloaders/{downloader_id}",
}


def accepts_what_fits(context: Any, response: Any, case: schemathesis.Case) -> bool | None:
    """Valid data is accepted, but for what the document cannot say."""
    if response.status_code in (400, 422):
        problem = response.json()
        told = [each["msg"] for each in problem.get("errors") or []]
        is_of_a_name = case.operation.label in NAMES and all(msg.startswith("Value error, ") for msg in told)
        is_unstorable = "cannot be stored" in problem["detail"] or any("NUL" in msg for msg in told)
        if problem["code"] in MEANINGLESS or is_of_a_name or is_unstorable:
            return None
    return positive_data_acceptance(context, response, case)


def asks_for_a_key(context: Any, response: Any, case: schemathesis.Case) -> bool | None:
    """No answer without a key, nor with a wrong one; the door for webhooks says 429 to many wrong ones."""
    return None if case.operation.path.startswith("/webhooks/") else ignored_auth(context, response, case)


def _checks() -> list[Any]:
    """All checks there are."""
    load_all_checks()
    ours = {positive_data_acceptance: accepts_what_fits, ignored_auth: asks_for_a_key}
    plain = [each for each in CHECKS.get_all() if not is_check_class(each)]
    assert set(ours) <= set(plain)
    return [ours.get(each, each) for each in plain]


CHECKED = _checks()


@pytest.fixture
def document(admin: FlaskClient) -> dict[str, Any]:
    """The document as served."""
    served: dict[str, Any] = admin.get("/openapi.json").get_json()
    return served


def test_it_is_openapi_3_1_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
        place: Any = document
        for part in reference.split("/"):
            place = place[part]


def test_every_route_of_the_api_is_in_it(app: Flask, document: dict[str, Any]) -> None:
    for rule in app.url_map.iter_rules():
        is_door = rule.endpoint == "webhook_door.receive" and not rule.rule.endswith("/")
        if is_door or f"{rule.rule}/".startswith(("/api/", "/events/", "/jobs/", "/batch/")):
            path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                assert method.lower() in document["paths"][path], f"{method} {path}"


def test_the_door_for_webhooks_is_in_it_under_each_of_its_names(document: dict[str, Any]) -> None:
    for path in ("/webhooks/radarr", "/webhooks/sonarr", "/webhooks/{name}", "/webhooks/{name}/{key}"):
        for method in ("post", "put"):
            operation = document["paths"][path][method]
            assert {"200", "400", "401", "403", "404", "413", "429", "503"} <= set(operation["responses"])
            assert operation["requestBody"]["required"]


def test_every_operation_is_described_and_says_how_it_fails(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], f"{method} {path}"
            assert {"401", "403", "422", "503"} <= set(operation["responses"]), f"{method} {path}"
            if "{" in path:
                assert "404" in operation["responses"], f"{method} {path}"


def test_it_can_be_browsed_without_anything_from_elsewhere(admin: FlaskClient) -> None:
    page = admin.get("/docs").get_data(as_text=True)
    for url in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert url.startswith("/"), url
        response = admin.get(url)
        assert response.status_code == 200, url
        response.close()


def test_no_two_shapes_share_a_name() -> None:
    """Components go by the names of their classes: of two with one name, the document would keep the later."""
    shapes: dict[str, Any] = {}
    for model in _models():
        is_parameters = issubclass(model, Query) or model.__name__.endswith(("Path", "Query"))
        if is_parameters or model.__pydantic_root_model__:
            continue
        for mode in ("validation", "serialization"):
            schema = model.model_json_schema(mode=mode, ref_template="{model}")
            parts = schema.pop("$defs", {}) | {model.__name__: schema}
            for name, shape in parts.items():
                known = shapes.setdefault((name, mode), shape)
                assert known == shape, f"two different shapes are named {name}"


def test_no_rule_of_a_model_is_lost_on_the_way_into_the_document(document: dict[str, Any]) -> None:
    """The framework passes over keywords that it does not know, such as if and then."""
    shapes = document["components"]["schemas"]
    compared = [model for model in _models() if model.__name__ in shapes]
    assert len(compared) > 100
    for model in compared:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        lost = set(_leaves(schema)) - set(_leaves(shapes[model.__name__]))
        assert not lost, f"{model.__name__} says in vain: {sorted(lost)}"


def test_answers_lead_on_to_what_can_be_done_next(document: dict[str, Any]) -> None:
    made = document["paths"]["/api/queues/tasks"]["post"]["responses"]["201"]["links"]
    known = {
        operation["operationId"] for methods in document["paths"].values() for operation in methods.values()
    }
    assert len(made) > 5
    assert set(made) <= known
    assert all(link["parameters"] == {"task_id": "$response.body#/task_id"} for link in made.values())


def test_a_parameter_given_twice_is_refused_where_it_takes_one_value(
    admin: FlaskClient, document: dict[str, Any]
) -> None:
    taken = []
    for path, methods in document["paths"].items():
        for each in methods.get("get", {}).get("parameters", []):
            if each["in"] == "query" and "array" not in json.dumps(each["schema"]):
                address = re.sub(r"\{[^}]*\}", "1", path)
                answer = admin.get(f"{address}?{each['name']}=1&{each['name']}=1")
                if answer.status_code not in (404, 422):
                    taken.append(f"{path} {each['name']}: {answer.status_code}")
    assert taken == []


@pytest.fixture
def schema(app: Flask, admin: FlaskClient, runtime: Runtime) -> Any:
    """The document as the fuzzer reads it, of an instance with data."""
    for _ in range(2):
        admin.post("/api/queues/tasks", json={"type": "noop", "items": [{}, {}]})
    admin.post("/api/views", json={"name": "mine", "query": "status=failed"})
    with runtime.transaction() as session:
        finished_task(session, 1, items=2, status="failed")
        session.add(Worker(broker_id="b", host="here", pid=7, lanes=["high"], threads=4))
    headers = {"X-Api-Key": admin.environ_base["HTTP_X_API_KEY"]}
    found = schemathesis.openapi.from_wsgi("/openapi.json", app, headers=headers)
    # Streams do not end; a synchronous operation waits for a worker; who revokes its own key gets no further.
    return (
        found.exclude(path_regex="^/events/|/stream$|^/api/keys/")
        .exclude(method="POST", path_regex="^/api/operations/|^/api/generate")
        .exclude(path_regex="^/api/(players|downloaders)/.*/(test|register|recover)")
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_a_fuzzer_finds_no_error_and_no_surprise(
    schema: Any, admin: FlaskClient, mode: GenerationMode
) -> None:
    headers = {"X-Api-Key": admin.environ_base["HTTP_X_API_KEY"]}
    for result in schema.get_all_operations():
        operation = result.ok()

        def probe(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, checks=CHECKED)

        try:
            _bounded(EXAMPLES)(given(case=operation.as_strategy(mode))(probe))()
        except Unsatisfiable:  # nothing that could be wrong
            assert mode is GenerationMode.NEGATIVE


@pytest.mark.timeout(600)
def test_what_lies_at_a_bound_is_taken_and_what_lies_beyond_is_refused(
    schema: Any, admin: FlaskClient
) -> None:
    headers = {"X-Api-Key": admin.environ_base["HTTP_X_API_KEY"]}
    for result in schema.get_all_operations():
        cases = _covering(result.ok())
        for case in cases[:: max(1, len(cases) // COVERED)]:
            case.call_and_validate(headers=headers, checks=CHECKED)


@pytest.mark.timeout(600)
def test_following_the_links_finds_no_error_either(schema: Any, admin: FlaskClient) -> None:
    headers = {"X-Api-Key": admin.environ_base["HTTP_X_API_KEY"]}
    machine = schema.as_state_machine()

    class Following(machine):  # type: ignore[misc, valid-type]
        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"headers": headers}

        def validate_response(self, response: Any, case: schemathesis.Case, **_: Any) -> None:
            case.validate_response(response, checks=CHECKED, headers=headers, recorder=self.recorder)

    Following.run(settings=_bounded(SEQUENCES, stateful_step_count=STEPS))


def _covering(operation: Any) -> list[schemathesis.Case]:
    """Requests to an operation, each with one thing at its bound, wrong or missing, and by the other methods."""
    config = operation.schema.config.generation_for(operation=operation, phase="coverage")
    found = iter_coverage_cases(
        operation=operation,
        generation_modes=list(GenerationMode),
        generate_duplicate_query_parameters=False,
        unexpected_methods=set(DEFAULT_UNEXPECTED_METHODS),
        generation_config=config,
    )
    return list(found)


def _bounded(examples: int, **more: Any) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        **more,
    )


def _models() -> Iterator[type[BaseModel]]:
    """What the modules of the API describe bodies and answers with."""
    for found in pkgutil.iter_modules(api.__path__):
        module = importlib.import_module(f"{api.__name__}.{found.name}")
        yield from (each for each in vars(module).values() if _is_model(each))


def _leaves(value: Any, path: str = "") -> Iterator[str]:
    """Where in a document something is said."""
    if not isinstance(value, dict | list):
        yield path
        return
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _leaves(each, f"{path}/{key}")


def _is_model(thing: Any) -> bool:
    if not (isinstance(thing, type) and issubclass(thing, BaseModel)) or thing is BaseModel:
        return False
    return not thing.__module__.startswith("queueapp.config")
