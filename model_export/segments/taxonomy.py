"""Genres: which IAB categories they are, and which of them are nobody's business.

Ids are those of the IAB Tech Lab Content Taxonomy 3.1, assigned after its CTV genre mapping
(CC BY 3.0, see NOTICE). Left out is what that mapping would misname: fictional crime is not
"True Crime", a thriller is not "Horror".
"""

from __future__ import annotations

from collections.abc import Collection

from model_export.topics.lookup import genres_of, sensitive_genres_of
from model_export.topics.tables import genres as closed_list

__all__ = ["iab_categories", "is_sensitive"]

_MOVIES, _TELEVISION = "324", "640"
_TRUE_CRIME = frozenset({"crime", "documentary"})


def iab_categories(genres: Collection[str], *, series: bool = False) -> tuple[str, ...]:
    """Return the distinct category ids of genres, in their order.

    Where no genre has one, it is that of films, or of television.
    """
    meant = (genre for word in genres for genre in genres_of(word) or ())
    known = tuple(
        dict.fromkeys(closed_list()[genre].iab for genre in meant if closed_list()[genre].iab)
    )
    return known or (_TELEVISION if series else _MOVIES,)


def is_sensitive(genres: Collection[str]) -> bool:
    """Whether genres or themes tell of religion, politics, origin, sex, health, violence or law."""
    meant = {genre for word in genres for genre in genres_of(word) or ()}
    return bool(
        any(map(sensitive_genres_of, genres))
        or meant >= _TRUE_CRIME
        or any(closed_list()[genre].topics for genre in meant)
    )
