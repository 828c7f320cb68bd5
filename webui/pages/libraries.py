from flask import Blueprint
from webui.security import requires
blueprint = Blueprint("libraries", __name__, url_prefix="/libraries")
@blueprint.get("")
@requires("viewer")
def index() -> str:
    return ""
