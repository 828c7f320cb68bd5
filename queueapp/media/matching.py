"""Is this search result the title on the disk? A stated score, and no silent wrong match."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

from pydantic import BaseModel

#: A result is taken only from this score on …
SURE_SCORE = 0.85
#: … and only this far ahead of the second best.
SURE_MARGIN = 0.08
#: Results below this score are not worth showing to a person.
POOR_SCORE = 0.35
#: Candidates kept for a person to choose from.
MAX_CANDIDATES = 10

_ARTICLES = re.compile(r"^(?:the|a|an|der|die|das|le|la|les|el|los|las|il|lo|de|het|een)\s+")
_NOT_WORD = re.compile(r"[^\w]+", re.UNICODE)
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}


class Candidate(BaseModel):
    """One search result: `names` are all titles it is known by, `score` 0..1 how well it fits."""

    provider: str = "tmdb"
    id: int
    title: str
    original_title: str = ""
    year: int | None = None
    overview: str = ""
    poster_url: str | None = None
    popularity: float = 0.0
    score: float = 0.0

    @property
    def names(self) -> list[str]:
        """All titles the result is known by."""
        return [name for name in (self.title, self.original_title) if name]


class Verdict(BaseModel):
    """What matching concluded: `chosen` only when there is no doubt; candidates best first."""

    chosen: Candidate | None
    candidates: list[Candidate]
    reason: str


def judge(title: str, year: int | None, results: Iterable[Candidate]) -> Verdict:
    """Score the results for a title of a file name and choose one, or say why none can be."""
    scored = [result.model_copy(update={"score": score(title, year, result)}) for result in results]
    # Equal names and years happen; the better known one is shown first but decides nothing.
    scored.sort(key=lambda one: (-one.score, -one.popularity, one.id))
    kept = [one for one in scored if one.score >= POOR_SCORE][:MAX_CANDIDATES]
    if not kept:
        return Verdict(chosen=None, candidates=[], reason="no search result resembles it")
    best = kept[0]
    if best.score < SURE_SCORE:
        return Verdict(
            chosen=None, candidates=kept, reason=f"the best result scores {best.score:.2f} of {SURE_SCORE}"
        )
    if len(kept) > 1 and best.score - kept[1].score < SURE_MARGIN:
        return Verdict(
            chosen=None,
            candidates=kept,
            reason=f"“{best.title}” and “{kept[1].title}” fit equally well",
        )
    return Verdict(
        chosen=best, candidates=kept, reason=f"“{best.title}” ({best.year}) scores {best.score:.2f}"
    )


def score(title: str, year: int | None, result: Candidate) -> float:
    """How well a result fits, 0..1: likeness of the best name, less what the year contradicts.

    A name without a year can be sure only of an exact title; one year off is common (festival and
    release), two are not.
    """
    likeness = max((_likeness(title, name) for name in result.names), default=0.0)
    if year is None:
        return round(likeness * 0.9, 4)
    if result.year is None:
        return round(likeness * 0.8, 4)
    penalty = {0: 0.0, 1: 0.1}.get(abs(year - result.year), 0.4)
    return round(max(likeness - penalty, 0.0), 4)


def comparable(title: str) -> str:
    """A title reduced to what file names keep of it: no case, accents, articles or punctuation."""
    plain = unicodedata.normalize("NFKD", title).casefold().replace("ß", "ss").replace("&", " and ")
    plain = (
        "".join(char for char in plain if not unicodedata.combining(char)).replace("'", "").replace("’", "")
    )
    words = _NOT_WORD.sub(" ", plain).replace("_", " ").strip()
    return " ".join(_ROMAN.get(word, word) for word in _ARTICLES.sub("", words).split())


def _likeness(first: str, second: str) -> float:
    one, other = comparable(first), comparable(second)
    if not one or not other:
        return 0.0
    if one.replace(" ", "") == other.replace(" ", ""):
        return 1.0
    if _numbers(one) != _numbers(other):
        # "Alien 3" is much like "Aliens" in letters, and another film.
        return min(SequenceMatcher(None, one, other).ratio(), 0.6)
    ratio = SequenceMatcher(None, one, other).ratio()
    # "Blade Runner" for "Blade Runner: The Final Cut", a subtitle left out, is likely, no more.
    shorter, longer = sorted((one, other), key=len)
    return max(ratio, 0.8) if longer.startswith(f"{shorter} ") and len(shorter) > 4 else min(ratio, 0.97)


def _numbers(title: str) -> list[str]:
    return re.findall(r"\d+", title)
