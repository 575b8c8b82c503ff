"""What MovieLens calls its films, turned into titles as one says them."""

from __future__ import annotations

import re

from edgeagent.messages import Title

__all__ = ["movielens_title"]

_MAX_TITLE_LENGTH = 200
_YEAR = re.compile(r"\s*\((\d{4})(?:\s*[-–]\s*\d{0,4})?\)\s*$")
_TRAILING_PART = re.compile(r"^(?P<first>.+?)\s*\((?P<second>[^()]+)\)$")
_TRAILING_ARTICLE = re.compile(
    r"^(?P<rest>.+), (?P<article>The|A|An|Das|Der|Die|El|Gli|Il|L'|La|Las|Le|Les|Lo|Los|Un|Une)$"
)
_NO_GENRES = "(no genres listed)"
_FIRST_YEAR, _LAST_YEAR = 1870, 2200


def movielens_title(movie: int, name: str, genres: str) -> Title:
    """Return the title for one line of a movies file.

    Args:
        movie: the movieId; the entity is ``ml:<movieId>``.
        name: as in the file, such as ``Usual Suspects, The (1995)``.
        genres: separated by ``|``.

    """
    year = _YEAR.search(name)
    known = year is not None and _FIRST_YEAR <= int(year[1]) <= _LAST_YEAR
    bare = name[: year.start()] if year and year.start() else name
    listed = [] if genres.strip() == _NO_GENRES else genres.split("|")
    return Title(
        entity_id=f"ml:{movie}",
        title=_spoken(bare)[:_MAX_TITLE_LENGTH],
        genres=tuple(genre.strip() for genre in listed if genre.strip()),
        year=int(year[1]) if year and known else None,
    )


def _spoken(name: str) -> str:
    """Return ``Usual Suspects, The`` as one says it, and a second name in brackets too."""
    both = _TRAILING_PART.match(name.strip())
    if both:
        return f"{_spoken(both['first'])} ({_spoken(both['second'])})"
    moved = _TRAILING_ARTICLE.match(name.strip())
    if not moved:
        return name.strip()
    space = "" if moved["article"].endswith("'") else " "
    return f"{moved['article']}{space}{moved['rest']}"
