"""Defers modules of the standard library that libraries import and hardly ever use."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

__all__ = ["put_off"]


def put_off(*names: str) -> None:
    """Put stand-ins in ``sys.modules``; the first use of an attribute loads the real module."""
    for name in names:
        if name not in sys.modules:
            sys.modules[name] = later = _Later(name)
            package, _, own_name = name.rpartition(".")
            if package:
                setattr(importlib.import_module(package), own_name, later)


class _Later(ModuleType):
    """Stands in for a module until an attribute of it is used."""

    def __getattr__(self, attribute: str) -> object:
        name = self.__name__
        if attribute.startswith("__"):  # code that inspects all modules must not load it
            raise AttributeError(attribute)
        if sys.modules.get(name) is self:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)
