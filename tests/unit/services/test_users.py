"""How passwords are stored; tests of pages hash with less."""

from __future__ import annotations

from queueapp.services.users import HASHER  # as it is before any test of pages asks for a lesser one


def test_hashing_a_password_costs_what_owasp_asks_at_least() -> None:
    # https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html: 19 MiB, 2 rounds.
    assert HASHER.type.name == "ID"
    assert HASHER.memory_cost >= 19 * 1024
    assert HASHER.time_cost >= 2
