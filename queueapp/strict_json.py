"""Reads what people and programs send as JSON: the types a model's schema names, and no others."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

Model = TypeVar("Model", bound=BaseModel)

#: The pattern of text that says something. To pydantic U+0085 is a space, to JSON Schema it is not.
NOT_BLANK = r"[^\s\x85]"
#: Levels of a document in which fields of its own lie; what is deeper is left as it came.
TYPED_LEVELS = 4


def read(model: type[Model], value: Any) -> Model:
    """Return the model that a JSON-able value holds; `"5"` is no number here and 0 not false.

    Raises ValidationError, and PydanticSerializationError for what no JSON can hold.
    """
    try:
        return _read(model, value)
    except ValidationError:
        return _read(model, _whole(value))


def _read(model: type[Model], value: Any) -> Model:
    # From text, strictness still takes the dates, paths and enumerations that JSON has no types for.
    return model.model_validate_json(to_json(value), strict=True)


def _whole(value: Any, levels: int = TYPED_LEVELS) -> Any:
    """The same with 5.0 as 5: to JSON Schema that is an integer."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if levels and isinstance(value, dict):
        return {key: _whole(each, levels - 1) for key, each in value.items()}
    if levels and isinstance(value, list):
        return [_whole(each, levels - 1) for each in value]
    return value
