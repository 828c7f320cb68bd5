"""Addresses of servers whose host is an IPv6 address in brackets."""

from __future__ import annotations

from urllib.parse import urlsplit

_GROUP = "[0-9A-Fa-f]{1,4}"
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_SHORTENED = "|".join(f"({_GROUP}:){{1,{n}}}(:{_GROUP}){{1,{7 - n}}}" for n in range(1, 7))
#: RFC 4291, 2.2; dotted ones as far as they stand for an IPv4 address
_IPV6 = (
    f"({_GROUP}:){{7}}{_GROUP}|{_SHORTENED}|({_GROUP}:){{1,7}}:|:((:{_GROUP}){{1,7}}|:)"
    rf"|::([Ff]{{4}}:)?({_BYTE}\.){{3}}{_BYTE}"
)
#: The pattern of an address whose brackets, if it begins with any, hold an IPv6 address; for the API's document
REAL_HOST = rf"^https?://([^\[]|\[({_IPV6})\])"


def real_host(url: str) -> str:
    """Return the address. Raises ValueError for brackets that hold no IPv6 address, which no client could call."""
    try:
        urlsplit(url)
    except ValueError:
        raise ValueError("what stands in brackets is not an IPv6 address") from None
    return url
