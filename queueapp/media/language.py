"""Language codes: the many spellings of ISO 639, brought to one."""

from __future__ import annotations

from functools import lru_cache

import langcodes
from langcodes.tag_parser import LanguageTagError

#: TMDB's own codes that ISO 639-1 lacks (facts: developer.themoviedb.org).
_TMDB_CODES = {"cn": "yue", "xx": "", "sh": "hbs", "mo": "ron"}
_NO_LANGUAGE = frozenset({"", "und", "zxx", "mis", "00", "null", "none", "unknown"})
# Tags that ISO 639-2 spells twice; Kodi and ffmpeg disagree on which to use, langcodes gives the T form.
_BIBLIOGRAPHIC = {
    "sqi": "alb", "hye": "arm", "eus": "baq", "mya": "bur", "zho": "chi", "ces": "cze", "nld": "dut",
    "fra": "fre", "kat": "geo", "deu": "ger", "ell": "gre", "isl": "ice", "mkd": "mac", "mri": "mao",
    "msa": "may", "fas": "per", "ron": "rum", "slk": "slo", "bod": "tib", "cym": "wel",
}  # fmt: skip

#: The groups (ISO 639-3 macrolanguages) by which files and TMDB name a language when the other names it by itself.
_GROUPS = {
    "cmn": "zh", "yue": "zh", "nan": "zh", "wuu": "zh", "hak": "zh", "nb": "no", "nn": "no", "arb": "ar",
    "arz": "ar", "apc": "ar", "ary": "ar", "pes": "fa", "prs": "fa", "ekk": "et", "lvs": "lv", "zsm": "ms",
}  # fmt: skip


@lru_cache(maxsize=1024)
def normalise(code: str | None) -> str:
    """The shortest standard code (`en`, `yue`) of any ISO 639 spelling or tag; "" when none is meant."""
    text = (code or "").strip().replace("_", "-").lower()
    text = _TMDB_CODES.get(text, text)
    if text in _NO_LANGUAGE:
        return ""
    try:
        return langcodes.Language.get(text).language or ""
    except LanguageTagError:
        return ""


@lru_cache(maxsize=1024)
def three_letters(code: str | None) -> str:
    """The ISO 639-2/B code that Kodi shows (`eng`, `ger`); "" when no language is meant."""
    short = normalise(code)
    if not short:
        return ""
    try:
        long = langcodes.Language.get(short).to_alpha3()
    except LookupError:
        return ""
    return _BIBLIOGRAPHIC.get(long, long)


def same(first: str | None, second: str | None) -> bool:
    """Whether two codes mean one language, however spelt."""
    return bool(normalise(first)) and normalise(first) == normalise(second)


def includes(first: str | None, second: str | None) -> bool:
    """Whether one of two codes names the group that the language of the other belongs to, as `zh` does for `yue`."""
    one, other = normalise(first), normalise(second)
    return bool(one and other) and (_GROUPS.get(one) == other or _GROUPS.get(other) == one)
