"""What a profile may be called when it is created or renamed."""

from __future__ import annotations

from edgeagent.errors import MalformedMessage
from edgeagent.messages.codec import checked_text
from edgeagent.messages.fields import ProfileName

__all__ = ["check_profile_name"]

_REORDERING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Turn round what is written beside them, on pages and in terminals. Right-to-left names do without
them: letters know their direction (Unicode UAX #9, 3.2)."""


def check_profile_name(name: str) -> None:
    """Refuse a name that nobody could read in a list of profiles.

    Not a rule of ``ProfileName``: an older box may have such a profile, which it has to open.

    Raises:
        MalformedMessage: the name is too long, has control characters, shows nothing, or turns
            round what stands beside it.

    """
    checked_text(
        name, ProfileName, name="name of a profile", allowed="1 to 64 printable characters"
    )
    seen = any(character.isprintable() and character != " " for character in name)
    if not seen or any(character in _REORDERING for character in name):
        raise MalformedMessage(
            f"{name!a} is not a valid name of a profile: it cannot be read on a screen",
            hint="letters or digits that can be seen, in their own order",
        )
