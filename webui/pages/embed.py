"""The script that shows the task manager in pages of other sites."""

from __future__ import annotations

from flask import Blueprint, current_app
from werkzeug.wrappers import Response

blueprint = Blueprint("embed", __name__)


# By its endpoint a static file: open to all, as what the script is made of.
@blueprint.get("/embed.js", endpoint="static")
def script() -> Response:
    """The script; the same for everybody, the token in its address is read by the script itself."""
    return current_app.send_static_file("js/manager/embed.js")
