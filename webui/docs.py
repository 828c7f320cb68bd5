"""The OpenAPI document, and a page to browse it with Swagger UI from its package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import flask_openapi3_swagger
from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, request
from flask_openapi3 import OpenAPI

from queueapp import bootstrap
from queueapp.config import Settings
from webui import webhook_document
from webui.security import requires

ASSETS = Path(flask_openapi3_swagger.__file__).parent / "templates" / "swagger"

blueprint = Blueprint(
    "docs",
    __name__,
    static_folder=str(ASSETS),
    static_url_path="/docs/assets",
    template_folder="templates",
)


def register(app: Flask) -> None:
    """Add /openapi.json and /docs."""
    app.register_blueprint(blueprint)


@blueprint.get("/openapi.json")
@requires("viewer")
def openapi() -> Response:
    """The OpenAPI 3.1 document, made from the models that validate."""
    return jsonify(_document(cast("OpenAPI", current_app), request.script_root))


@blueprint.get("/docs")
@requires("viewer")
def browse() -> str:
    """The same to read and to try."""
    return render_template("docs.html")


def document_text(settings: Settings) -> str:
    """The document of an app with these settings, as JSON; connects to nothing."""
    from webui.app import create_app  # which imports this module

    nowhere = {"database_url": "postgresql:///", "redis_url": "redis://"}
    runtime = bootstrap.runtime(settings.model_copy(update=nowhere))
    try:
        app = cast("OpenAPI", create_app(runtime))
        return json.dumps(_document(app, settings.web.base_path), indent=2, ensure_ascii=False)
    finally:
        runtime.close()


def _document(app: OpenAPI, base_path: str) -> dict[str, Any]:
    document = {**app.api_doc, "servers": [{"url": base_path or "/"}]}
    webhook_document.add_to(document)
    return document
