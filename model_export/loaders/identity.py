"""What items are called: ids as they are written, and ids made from names.

An id is compared letter by letter, since that is how an app's id meets the catalogue on a device;
nothing but white space around it is removed, here as in a log of viewings.
"""

from __future__ import annotations

from hashlib import sha256

from model_export.loaders import fields
from model_export.loaders.fields import Unreadable

__all__ = ["LONGEST_ID", "identity", "made_identity"]

LONGEST_ID = 256
"""Letters, as in ``EntityId``."""
_DIGEST_LETTERS = 16
_DELETE = "\x7f"


def identity(value: object) -> str | None:
    """Return an id as it is written.

    Raises:
        Unreadable: no text, longer than any app's id, or with control characters.

    """
    found = value.strip() if isinstance(value, str) else fields.text(value) or ""
    if len(found) > LONGEST_ID:
        raise Unreadable(f"an id of at most {LONGEST_ID} characters")
    if any(character < " " or character == _DELETE for character in found):
        raise Unreadable("an id without control characters")
    return found or None


def made_identity(name: str) -> str:
    """Return an id made of a name; a long one ends with a digest, so that it stays the only one.

    >>> made_identity("Low Tide (1999)")
    'Low Tide (1999)'
    """
    if len(name) <= LONGEST_ID:
        return name
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LETTERS]
    return f"{name[: LONGEST_ID - _DIGEST_LETTERS - 1].strip()}~{digest}"
