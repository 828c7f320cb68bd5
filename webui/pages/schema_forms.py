"""Forms made of pydantic models: the fields of a JSON Schema, and what a person gave back as a JSON-able value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from werkzeug.datastructures import MultiDict

Kind = Literal["text", "number", "check", "choice", "lines", "json", "group"]

#: Prefix of the fields in the HTML form, so that they meet no other field of it.
PREFIX = "payload"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; `name` is its path in the value, with dots."""

    name: str
    label: str
    kind: Kind
    hint: str = ""
    required: bool = False
    nullable: bool = False
    default: Any = None
    #: of numbers: "1" for whole ones, else "any"
    step: str = "any"
    least: float | None = None
    most: float | None = None
    options: tuple[str, ...] = ()
    #: what each option stands for, as JSON has it
    values: tuple[Any, ...] = ()
    #: of lines: the type of each
    each: str = "string"
    fields: tuple[Field, ...] = field(default=())

    @property
    def input_name(self) -> str:
        """Its name in the HTML form."""
        return f"{PREFIX}.{self.name}"


def fields_of(schema: Mapping[str, Any]) -> list[Field]:
    """The fields of an object's JSON Schema, the required ones first."""
    return list(_fields(schema, schema.get("$defs", {}), ""))


def shown(fields: list[Field] | tuple[Field, ...], value: Mapping[str, Any]) -> dict[str, str]:
    """What each input shows for a value, by the input's name."""
    texts: dict[str, str] = {}
    for each in fields:
        key = each.name.rpartition(".")[2]
        given = value.get(key, each.default)
        if each.kind == "group":
            texts |= shown(each.fields, given if isinstance(given, dict) else {})
        else:
            texts[each.input_name] = _text(each, given)
    return texts


def read(fields: list[Field] | tuple[Field, ...], form: MultiDict[str, str]) -> dict[str, Any]:
    """The value a person gave, without what is left empty; what does not parse stays text, for the model to refuse."""
    value: dict[str, Any] = {}
    for each in fields:
        key = each.name.rpartition(".")[2]
        if each.kind == "group":
            value[key] = read(each.fields, form)
        elif each.kind == "check":
            value[key] = each.input_name in form
        else:
            text = form.get(each.input_name, "").strip()
            if text or (each.kind == "text" and each.required):
                value[key] = _value(each, text)
            elif each.kind == "lines" and not each.nullable:
                value[key] = []
    return value


def _fields(schema: Mapping[str, Any], defs: Mapping[str, Any], prefix: str) -> tuple[Field, ...]:
    required = set(schema.get("required", ()))
    made = [
        _field(name, _resolved(one, defs), defs, prefix, required=name in required)
        for name, one in schema.get("properties", {}).items()
    ]
    return tuple(sorted(made, key=lambda each: not each.required))


def _field(name: str, one: dict[str, Any], defs: Mapping[str, Any], prefix: str, *, required: bool) -> Field:
    path = f"{prefix}{name}"
    shared: dict[str, Any] = {
        "name": path,
        "label": _label(name),
        "hint": one.get("description", ""),
        "required": required,
        "nullable": bool(one.get("nullable")),
        "default": one.get("default"),
    }
    if "enum" in one:
        values = tuple(one["enum"])
        return Field(kind="choice", options=tuple(map(str, values)), values=values, **shared)
    match one.get("type"):
        case "boolean":
            kind: Kind = "choice" if shared["nullable"] else "check"
            return Field(kind=kind, options=("true", "false"), values=(True, False), **shared)
        case "integer" | "number":
            bounds = {"least": one.get("minimum"), "most": one.get("maximum")}
            return Field(kind="number", step="1" if one["type"] == "integer" else "any", **bounds, **shared)
        case "string":
            return Field(kind="text", **shared)
        case "array" if (each := _resolved(one.get("items", {}), defs).get("type")) in (
            "string",
            "integer",
            "number",
        ):
            return Field(kind="lines", each=each, **shared)
        case "object" if one.get("properties"):
            return Field(kind="group", fields=_fields(one, defs, f"{path}."), **shared)
    return Field(kind="json", **shared)


def _resolved(one: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with its reference followed and its "or null" taken apart."""
    found = dict(one)
    if "$ref" in found:
        found = {**defs.get(found.pop("$ref").rpartition("/")[2], {}), **found}
    kinds = found.get("anyOf", ())
    others = [each for each in kinds if each.get("type") != "null"]
    if len(others) == 1:
        found.pop("anyOf")
        found = {**_resolved(others[0], defs), **found, "nullable": len(others) < len(kinds)}
    return found


def _label(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()
    return (words[:1].upper() + words[1:]).replace(" id", " ID").replace(" mb", " (MB)")


def _text(each: Field, given: Any) -> str:
    if given is None:
        return ""
    if each.kind == "lines" and isinstance(given, list):
        return "\n".join(str(one) for one in given)
    if each.kind == "json" and not isinstance(given, str):
        return json.dumps(given, ensure_ascii=False, indent=2)
    return str(given).lower() if isinstance(given, bool) else str(given)


def _value(each: Field, text: str) -> Any:
    match each.kind:
        case "number":
            return _number(text)
        case "lines":
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            return lines if each.each == "string" else [_number(line) for line in lines]
        case "json":
            return _json(text)
        case "choice":
            return dict(zip(each.options, each.values, strict=True)).get(text, text)
    return text


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
