"""The door for webhooks in the API document. It reads its bodies itself, so no model of a route describes it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from webui.problems import CONTENT

NAME = "What sends: `radarr`, `sonarr`, or the name of a configured downloader"
KEY = (
    "A downloader's webhook key, or an admin's API key, for senders that can set neither header nor password"
)
SECURITY: list[dict[str, list[str]]] = [{"key": []}, {"bearer": []}, {"basic": []}]
BASIC = {
    "type": "http",
    "scheme": "basic",
    "description": "The key as password; or an admin's name and password",
}
REFUSALS = {
    "400": "Not JSON in UTF-8, no object, or without an eventType",
    "401": "Nothing that opens the door",
    "403": "A key or a login without the role `admin`",
    "404": "No downloader of this name",
    "413": "More than 1 MiB",
    "422": "The request does not fit",
    "429": "Too many failed logins from one address",
    "503": "The database is away and the spool cannot be written: send it again",
}


class SentWebhook(BaseModel):
    """What Radarr and Sonarr send; fields and events not known here are kept as well."""

    model_config = ConfigDict(extra="allow")

    event_type: str = Field(
        alias="eventType",
        pattern=r"\S",
        description="Test, Grab, Download, Rename, …; unknown ones are ignored",
    )


class KeptWebhook(BaseModel):
    """A webhook is kept for good when this is answered; what it asks for is done afterwards."""

    status: Literal["stored", "spooled"] = Field(
        description="In the database, or on the disk while that is away"
    )
    webhook_id: int | None = Field(
        default=None, description="Its id in /api/webhooks; not while it is spooled"
    )
    receipt: str = Field(description="Names this delivery also while it is spooled")


def add_to(document: dict[str, Any]) -> None:
    """Add the door's paths to an OpenAPI document."""
    components = document.setdefault("components", {})
    shapes = components.setdefault("schemas", {})
    for model in (SentWebhook, KeptWebhook):
        shapes[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
    components.setdefault("securitySchemes", {})["basic"] = BASIC
    document.setdefault("tags", []).append(
        {"name": "webhook_door", "description": "The door for Radarr and Sonarr."}
    )
    for name in ("radarr", "sonarr", "{name}"):
        for key in ("", "/{key}"):
            path = f"/webhooks/{name}{key}"
            document["paths"][path] = {method: _operation(path, method) for method in ("post", "put")}


def _operation(path: str, method: str) -> dict[str, Any]:
    named = [("name", NAME)] if "{name}" in path else []
    keyed = [("key", KEY)] if "{key}" in path else []
    sent = {"application/json": {"schema": {"$ref": "#/components/schemas/SentWebhook"}}}
    kept = {"application/json": {"schema": {"$ref": "#/components/schemas/KeptWebhook"}}}
    responses: dict[str, Any] = {"200": {"description": "Kept", "content": kept}}
    responses |= {status: {"description": text, "content": CONTENT} for status, text in REFUSALS.items()}
    return {
        "tags": ["webhook_door"],
        "summary": "Take a webhook of Radarr or Sonarr.",
        "description": "Answered 200 once it is kept for good: also with the database away, and whatever its event.",
        "operationId": f"take_webhook_{method}_{path.strip('/').replace('/', '_').replace('{', '').replace('}', '')}",
        "parameters": [
            {"name": each, "in": "path", "required": True, "description": text, "schema": _segment()}
            for each, text in named + keyed
        ],
        "requestBody": {"required": True, "content": sent},
        "responses": responses,
        "security": [] if keyed else SECURITY,
    }


def _segment() -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
