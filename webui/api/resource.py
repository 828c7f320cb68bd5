"""What every resource of the API shares: its blueprint, its base models and its answers."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Self, get_type_hints

from flask import Response, request
from flask_openapi3 import APIBlueprint, Tag
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from queueapp import strict_json
from webui import problems

SECURITY: list[dict[str, list[str]]] = [{"key": []}, {"bearer": []}]
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
#: Offsets beyond this are refused; `cursor` goes as deep as one likes.
MAX_OFFSET = 10_000


class Resource(APIBlueprint):
    """A blueprint whose routes document their error answers and have their bodies checked."""

    def __init__(self, name: str, description: str, *, prefix: str, tag_name: str | None = None) -> None:
        tag = Tag(name=tag_name or name, description=description)
        super().__init__(name, __name__, url_prefix=prefix, abp_tags=[tag], abp_security=SECURITY)

    def _collect_openapi_info(self, rule: str, func: Callable[..., Any], **options: Any) -> Any:
        method = str(getattr(options.get("method"), "value", options.get("method", "GET"))).upper()
        body = get_type_hints(func).get("body")
        if body is not None:
            func.takes_body = "required" if _is_required(body) else "optional"  # type: ignore[attr-defined]
        shared = problems.responses(writes=method in WRITES, has_body=body is not None, has_path="<" in rule)
        given = options.pop("responses", None) or {}
        together: dict[Any, Any] = shared | {str(status): model for status, model in given.items()}
        models = super()._collect_openapi_info(rule, func, responses=together, **options)
        *others, read_body, raw = models
        return *others, read_body and JsonBody(read_body), raw


class JsonBody:
    """What the framework asks to read a body: the model, which takes the document's types and no others.

    `"5"` is no number here and 0 not false, as the OpenAPI document says.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model

    def model_validate(self, obj: Any) -> BaseModel:
        """Return the body that parsed JSON holds; None is no body. Raises ValidationError."""
        if obj is None:
            return self._model.model_validate(None)
        return strict_json.read(self._model, obj)

    def model_validate_json(self, json_data: str) -> BaseModel:
        """Refuse a body that is one string, which the framework would read as JSON once more."""
        return self._model.model_validate(json_data)


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


def says(*fields: str) -> ConfigDict:
    """The configuration of a body in which one of these fields has to say something, as its schema states it."""
    needed = [{"required": [field], "properties": {field: {"not": {"type": "null"}}}} for field in fields]
    return ConfigDict(json_schema_extra={"anyOf": needed})


class OptionalBody(Body):
    """Base of bodies that may be left out altogether."""

    model_config = ConfigDict(extra="forbid", openapi_extra={"required": False})  # type: ignore[typeddict-unknown-key]

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value


class Query(BaseModel):
    """Base of query strings: unknown parameters are refused, and text that cannot be stored."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Read the parameters of the request at hand; one given several times fits only where a list does."""
        repeated = {name: values for name, values in request.args.lists() if len(values) > 1}
        return super().model_validate({**obj, **repeated}, **options)

    @classmethod
    def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Return the schema; the plain one, which the framework asks for at each request, is made once."""
        if arguments or options:
            return super().model_json_schema(*arguments, **options)
        return _plain_schema(cls)

    @model_validator(mode="before")
    @classmethod
    def _no_nul(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for name, value in values.items():
                if "\0" in name or any("\0" in str(each) for each in as_list(value)):
                    raise ValueError("NUL is not allowed")
        return values


@cache
def _plain_schema(model: type[BaseModel]) -> dict[str, Any]:
    return super(Query, model).model_json_schema()


class PageQuery(Query):
    """Paging by offset."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Most entries to return")
    offset: int = Field(default=0, ge=0, le=MAX_OFFSET, description="Entries to pass over")


def _split(value: Any) -> Any:
    return [part.strip() for each in as_list(value) for part in str(each).split(",") if part.strip()]


def as_list(value: Any) -> list[Any]:
    """The value if it is a list, else one of it."""
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class OneOf:
    """Says of Words that each is a member of an enumeration; `also` are other spellings that `read` understands."""

    members: type[enum.StrEnum]
    read: Callable[[str], Any] | None = None
    also: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        read = self.read or self.members
        return no_info_after_validator_function(lambda words: [read(word) for word in words], handler(source))

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        word = "|".join([*self.members, *self.also])
        pattern = rf"^\s*((({word})\s*)?,\s*)*(({word})\s*)?$"
        return {"type": "array", "items": {"type": "string", "pattern": pattern}}


#: An id, as far as the route takes it.
Id = Annotated[int, Field(ge=1, lt=10**18)]

#: A cursor that says nothing to people; none of it needs an escape in an address.
Opaque = Annotated[str, Field(max_length=2000, pattern=r"^[A-Za-z0-9_-]*$")]

#: A cursor that is the id of the last entry shown.
IdCursor = Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]

#: A parameter that may be repeated, or hold several values with commas between them.
Words = Annotated[list[str], BeforeValidator(_split)]

#: Ids given in the same two ways.
Ids = Annotated[list[Id], BeforeValidator(_split)]


def answer(model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The JSON answer that `model` is."""
    body = model.model_dump_json(by_alias=True)
    return Response(body, status, headers=dict(headers or {}), mimetype="application/json")


def _is_required(body: type[BaseModel]) -> bool:
    extra: dict[str, Any] = body.model_config.get("openapi_extra", {})  # type: ignore[assignment]
    return bool(extra.get("required", True))
