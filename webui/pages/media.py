from flask import Blueprint
from webui.security import requires
blueprint = Blueprint("media", __name__, url_prefix="/media")
@blueprint.get("")
@requires("viewer")
def index() -> str:
    return ""
