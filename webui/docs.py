"""The OpenAPI document, and a page to browse it with Swagger UI from its package."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import flask_openapi3_swagger
from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, request
from flask_openapi3 import OpenAPI

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
    document = cast("OpenAPI", current_app).api_doc
    return jsonify({**document, "servers": [{"url": request.script_root or "/"}]})


@blueprint.get("/docs")
@requires("viewer")
def browse() -> str:
    """The same to read and to try."""
    return render_template("docs.html")
