"""The API's document and its models agree on which hosts in brackets are real."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueapp.services.player.ipv6_hosts import REAL_HOST, real_host


def _is_taken(url: str) -> bool:
    try:
        return real_host(url) == url
    except ValueError:
        return False


@given(st.ip_addresses(v=6))
def test_an_address_is_taken_short_or_at_length(address: object) -> None:
    for text in (str(address), address.exploded):  # type: ignore[attr-defined]
        assert re.match(REAL_HOST, f"http://[{text}]:8096")
        assert _is_taken(f"http://[{text}]:8096")


@given(st.from_regex(r"\A[0-9A-Fa-f:]{1,20}\Z"))
def test_what_only_looks_like_one_is_refused_by_both_or_neither(text: str) -> None:
    url = f"http://[{text}]"
    assert bool(re.match(REAL_HOST, url)) == _is_taken(url)


@pytest.mark.parametrize("host", ["nas", "10.0.0.7", "[::1]", "[::ffff:10.0.0.7]", "[fe80::1]"])
def test_hosts_of_every_kind_are_taken(host: str) -> None:
    assert re.match(REAL_HOST, f"https://{host}/jellyfin")
    assert _is_taken(f"https://{host}/jellyfin")


@pytest.mark.parametrize("host", ["[0]", "[1:2]", "[1::2::3]", "[::300.0.0.1]", "[12345::]"])
def test_brackets_around_something_else_are_refused(host: str) -> None:
    assert not re.match(REAL_HOST, f"https://{host}")
    assert not _is_taken(f"https://{host}")
