"""NFO bytes to elements and back: tolerant in reading, strict in writing."""

from __future__ import annotations

import codecs
import html
import re
from dataclasses import dataclass, field

from lxml import etree

ROOTS = ("movie", "tvshow", "episodedetails")
#: What Kodi writes itself (facts: kodi.wiki NFO_files/Templates).
HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>'
#: An NFO longer than this is no NFO.
MAX_BYTES = 4 * 1024 * 1024

_DECLARATION = re.compile(r"<\?xml[^>]*\?>", re.IGNORECASE)
_DECLARED_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]{1,30};")
_ROOT_TAG = re.compile(r"(</?)(movie|tvshow|episodedetails)(?=[\s/>])", re.IGNORECASE)
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_URL = re.compile(r"https?://\S+")


@dataclass
class ParsedNfo:
    """The title elements of an NFO, the provider addresses written beside them, and what had to be mended."""

    roots: list[etree._Element] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    mended: bool = False


def clean(text: str) -> str:
    """`text` without the characters that XML 1.0 forbids."""
    return _FORBIDDEN.sub("", text)


def parse(data: bytes) -> ParsedNfo:
    """Read an NFO of any age and author; what cannot be read at all gives no roots and `mended`.

    Several roots in a row (a multi-episode file), a raw `&`, HTML entities, a wrong encoding
    declaration, `<Movie>` and addresses beside the XML are understood; DTDs are dropped unread.
    """
    if len(data) > MAX_BYTES:
        return ParsedNfo(mended=True)
    text = _DOCTYPE.sub("", _DECLARATION.sub("", clean(_decode(data))))
    readable = _BARE_AMPERSAND.sub("&amp;", _NAMED_ENTITY.sub(lambda found: html.unescape(found[0]), text))
    lowered = _ROOT_TAG.sub(lambda found: found[1] + found[2].lower(), readable)
    parsed = ParsedNfo(mended=lowered != text)
    tree = _tree(lowered, recover=False)
    if tree is None:
        tree, parsed.mended = _tree(lowered, recover=True), True
    if tree is None:
        return parsed
    parsed.roots = [child for child in tree if child.tag in ROOTS]
    outside = [tree.text, *(child.tail for child in tree)]
    parsed.urls = [url for text in outside for url in _URL.findall(text or "")]
    for root in parsed.roots:
        root.tail = None
    return parsed


def serialise(roots: list[etree._Element], urls: list[str]) -> bytes:
    """The bytes of an NFO: header, one indented element per root, then the addresses, one a line."""
    parts = [HEADER]
    for root in roots:
        etree.indent(root, space="  ")
        parts.append(etree.tostring(root, encoding="unicode").rstrip())
    return ("\n".join([*parts, *urls]) + "\n").encode("utf-8")


def text_of(parent: etree._Element, path: str) -> str:
    """The stripped text at `path`, "" when absent."""
    return (parent.findtext(path) or "").strip()


def _tree(text: str, *, recover: bool) -> etree._Element | None:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        recover=recover, remove_blank_text=True, remove_comments=False, remove_pis=True, strip_cdata=True,
    )  # fmt: skip
    try:
        return etree.fromstring(f"<nfo>{text}</nfo>".encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _decode(data: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
    ):  # fmt: skip
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    declared = _DECLARED_ENCODING.search(data[:200])
    # Many tools declare UTF-8 and write the system's code page, or the reverse: valid UTF-8 goes first.
    for encoding in ("utf-8", declared[1].decode("ascii") if declared else "cp1252", "cp1252"):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")
