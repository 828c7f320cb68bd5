"""The OpenAPI document is whole, and the API does what it says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

#: further examples only make the suite slower; a long run is made by hand
EXAMPLES = 8
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


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
        if rule.rule.startswith(("/api", "/events")):
            path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                assert method.lower() in document["paths"][path], f"{method} {path}"


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


@pytest.mark.timeout(600)
def test_a_fuzzer_finds_no_error_and_no_surprise(app: Flask, admin: FlaskClient) -> None:
    for _ in range(2):
        admin.post("/api/queues/tasks", json={"type": "noop", "items": [{}, {}]})
    headers = {"X-Api-Key": admin.environ_base["HTTP_X_API_KEY"]}
    wsgi = schemathesis.openapi.from_wsgi("/openapi.json", app, headers=headers)
    bounded = settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    for result in wsgi.exclude(path_regex="^/events/").get_all_operations():
        operation = result.ok()

        def probe(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        bounded(_given(operation)(probe))()


def _given(operation: Any) -> Any:
    """hypothesis's `given` over the requests that fit an operation."""
    return given(case=operation.as_strategy())
