"""Genres: which IAB categories they are, and which of them are nobody's business.

Ids are those of the IAB Tech Lab Content Taxonomy 3.1, assigned after its CTV genre mapping
(CC BY 3.0, see NOTICE). Left out is what that mapping would misname: fictional crime is not
"True Crime", a thriller is not "Horror".
"""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["FORMATS", "iab_categories", "is_sensitive"]

_IAB = {
    "action": "325",
    "adventure": "325",
    "animation": "641",
    "anime": "641",
    "arts": "201",
    "biography": "44",
    "children": "645",
    "comedy": "646",
    "cooking": "216",
    "documentary": "332",
    "drama": "647",
    "education": "132",
    "family": "645",
    "fantasy": "335",
    "history": "EZWB7V",
    "holiday": "649",
    "horror": "336",
    "law": "383",
    "lifestyle": "TIFQA5",
    "music": "338",
    "musical": "156",
    "mystery": "331",
    "nature": "VKIV56",
    "politics": "386",
    "reality": "651",
    "religion": "453",
    "romance": "326",
    "sci-fi": "652",
    "sitcom": "646",
    "soap-opera": "642",
    "sports": "483",
    "talk-show": "A0AH3G",
    "thriller": "700",
    "war": "389",
    "western": "KHPC6A",
}
_MOVIES, _TELEVISION = "324", "640"
FORMATS = frozenset({"imax", "(no genres listed)"})
"""Stand among genres, and say nothing of what a title is about."""
_SENSITIVE_WORDS = {
    "religion": r"religio\w* faith spiritual\w* islam\w* muslims? christian(s|ity)? bibl(e|es|ical)"
    r" juda(ism|ic) jew(s|ish)? hindu(s|ism)? buddhis\w* quran koran church(es)? atheis\w*",
    "politics": r"politic\w* elections? propaganda activis\w* trade[-]unions?",
    "origin": r"racis\w* racial ethnic\w* slavery apartheid immigra\w* migrants? refugees?",
    "sex": r"adult erotic\w* sex (homo)?sexual\w* porn\w* lgbt\w* gays? lesbians? bisexual\w* queer"
    r" transgender\w* transsexual\w*",
    "health": r"health medical medicine disease\w* illness\w* cancer hiv pregnan\w* abortions?"
    r" mental\w* depression suicid\w* self[-]harm addict\w* alcohol\w* drugs? disabilit\w*"
    r" autis\w*",
    "violence": r"(?<!star[-])wars? military terroris\w* genocid\w* holocaust torture rape",
    "law": r"true[-]crime law legal court(s|room)? prisons?",
}
"""Of each topic, as patterns; a hyphen stands for a space, too."""
_SENSITIVE = re.compile(
    rf"\b({'|'.join(' '.join(_SENSITIVE_WORDS.values()).split()).replace('[-]', '[ -]')})\b",
    re.IGNORECASE,
)
_TRUE_CRIME = {"crime", "documentary"}


def iab_categories(genres: Collection[str], *, series: bool = False) -> tuple[str, ...]:
    """Return the distinct category ids of genres, in their order.

    Where no genre has one, it is that of films, or of television.
    """
    found = (_IAB.get(genre.lower().replace(" ", "-")) for genre in genres)
    known = tuple(dict.fromkeys(category for category in found if category is not None))
    return known or (_TELEVISION if series else _MOVIES,)


def is_sensitive(genres: Collection[str]) -> bool:
    """Whether genres or themes tell of religion, politics, origin, sex, health, violence or law."""
    lower = {genre.lower() for genre in genres}
    return any(map(_SENSITIVE.search, lower)) or lower >= _TRUE_CRIME
