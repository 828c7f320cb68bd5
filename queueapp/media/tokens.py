"""The small words of release names: what ends a title, and titles made comparable."""

from __future__ import annotations

import re
import unicodedata

#: Words after which no title goes on; each is unmistakable even in lower case.
QUALITY = re.compile(
    r"""(?ix) (?<![^\W_]) (?:
        (?:480|540|576|720|1080|1440|2160|4320)[pi] | 4k | uhd | hdr10?\+? | dolby[ ._-]?vision
      | blu-?ray | bd-?rip | br-?rip | bd-?remux | remux | web-?dl | web-?rip | web(?=[ ._-](?:x26|h26|h\.26))
      | hd-?tv(?:rip)? | pdtv | dsr(?:ip)? | hd-?rip | dvd(?:-?rip|scr|5|9|r)?
      | vhs-?rip | tv-?rip | cam-?rip | telesync
      | amzn | nf(?=[ ._-]web) | dsnp | atvp | hmax | hulu(?=[ ._-]web)
      | [xh][ ._]?26[45] | hevc | avc | xvid | divx | av1 | 10-?bit | 8-?bit
      | aac(?:2[ ._]0|5[ ._]1)? | e?ac3 | ddp?5[ ._]1 | ddp | dts(?:-?hd)? | truehd | atmos | flac
      | proper | repack | internal | unrated | remastered | dual[ ._-]audio
      | multi(?=[ ._-]) | 3d(?=[ ._-]h?sbs)
    ) (?![^\W_])"""
)
_SEPARATORS = re.compile(r"[._\s]+")
_TAGS = re.compile(r"[\[{][^\[\]{}]*[\]}]")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]|\{\s*\}")
_NOT_WORD = re.compile(r"[\W_]+")
_ARTICLE = re.compile(
    r"^(?P<rest>.+), (?P<article>the|a|an|der|die|das|le|la|les|el|los|las|il|l')$", re.IGNORECASE
)
_INITIALS = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}")
_ENDS_IN_DOT = re.compile(r"(?:\.\.\.|(?<![^\W_])(?:[^\W\d_]|Jr|Sr|Dr|Mr|Mrs)\.|(?:[^\W\d_]\.){2,})$")


def without_tags(text: str) -> str:
    """`text` without what stands in [] or {}."""
    return _TAGS.sub(" ", text)


def spaced(text: str) -> str:
    """A scene name's words: dots and underscores to spaces where the name has no spaces of its own."""
    text = text.strip()
    if " " not in text:
        kept = _INITIALS.sub(lambda found: found[0].replace(".", "\0") + " ", text)
        text = _SEPARATORS.sub(" ", kept).replace("\0", ".")
    elif "_" in text and text.count("_") > text.count(" "):
        text = text.replace("_", " ")
    return tidy(text)


def tidy(text: str) -> str:
    """A title as people write it: composed characters, single spaces, no stray separators, "The Thing"."""
    text = _EMPTY_BRACKETS.sub(" ", unicodedata.normalize("NFC", text))
    text = re.sub(r"\s+", " ", text).strip(" -_,~+–—")
    if text.endswith(".") and not _ENDS_IN_DOT.search(text):
        text = text.rstrip(".")
    moved = _ARTICLE.match(text)
    return f"{moved['article']} {moved['rest']}" if moved else text


def before_quality(text: str) -> str:
    """`text` up to the first word of a release's quality."""
    found = QUALITY.search(text)
    return text[: found.start()] if found else text


def comparable(title: str) -> str:
    """A title reduced to what two spellings of it share: letters and digits, without case or accents."""
    split = unicodedata.normalize(
        "NFKD", title.casefold().replace("&", "and").replace("'", "").replace("’", "")
    )
    plain = "".join(one for one in split if not unicodedata.combining(one))
    return _NOT_WORD.sub(" ", plain).strip()
