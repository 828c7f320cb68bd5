"""Errors become one line and a status."""

from __future__ import annotations

import pytest
import redis

from queueapp import errors
from queueapp.cli.exits import code_of, line_of


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotFound("x"), 3),
        (errors.DatabaseUnavailable("x"), 5),
        (errors.RedisUnavailable("x"), 5),
        (redis.ConnectionError("x"), 5),
        (errors.ConfigError("x"), 2),
        (errors.UnknownOperation("x"), 2),
        (errors.BadPayload("x", []), 2),
        (errors.PathRefused("x"), 2),
        (errors.WrongStatus("completed", "x"), 1),
        (errors.Conflict("x"), 1),
        (errors.AlreadyQueued(7), 1),
    ],
)
def test_each_error_has_its_status(error, code):
    assert code_of(error) == code


def test_a_bad_payload_names_its_field():
    error = errors.BadPayload("it does not fit", [{"loc": ["items", 0, "path"], "msg": "is missing"}])
    assert line_of(error) == "it does not fit: items.0.path: is missing"


def test_a_long_error_is_cut_to_its_first_line():
    assert line_of(errors.Conflict("one\ntwo")) == "one"
    assert line_of(errors.Conflict("")) == "Conflict"
