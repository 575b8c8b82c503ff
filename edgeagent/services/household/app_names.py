"""What people call an app that told of viewings: the user it runs as, or the label it was given."""

from __future__ import annotations

import pwd
from contextlib import suppress
from typing import Literal

__all__ = ["AppKind", "named_app"]

AppKind = Literal["user", "label", "websocket", "none"]


def named_app(app: str | None) -> tuple[AppKind, str | None]:
    """Return the kind of an app, and its name if it has one; see ``AppName`` in the messages."""
    if app is None:
        return "none", None
    kind, _, name = app.partition(":")
    if kind == "label":
        return "label", name
    if kind == "user":
        with suppress(KeyError, OverflowError):  # a user that was removed since is a number
            name = pwd.getpwuid(int(name)).pw_name
        return "user", name
    return "websocket", None
