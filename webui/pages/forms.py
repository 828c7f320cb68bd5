"""What is wrong with a form, by field."""

from __future__ import annotations

from pydantic import ValidationError

from queueapp import errors
from queueapp.operations import field_errors


def problems(error: ValidationError | errors.BadPayload) -> dict[str, str]:
    """The first complaint about each field, by the field's name; "" holds those about no field."""
    found: dict[str, str] = {}
    each = error.errors if isinstance(error, errors.BadPayload) else field_errors(error)
    for one in each:
        name = str(one["loc"][0]) if one["loc"] else ""
        found.setdefault(name, _sentence(str(one["msg"])))
    return found


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:]
