"""Modules that are loaded when something of them is used, not when they are imported."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

__all__ = ["on_use", "put_off"]


def put_off(*names: str) -> None:
    """Put stand-ins in ``sys.modules``; the first use of an attribute loads the real module."""
    for name in names:
        if name not in sys.modules:
            sys.modules[name] = later = _Later(name)
            package, _, own_name = name.rpartition(".")
            if package:
                setattr(importlib.import_module(package), own_name, later)


def on_use(name: str) -> ModuleType:
    """Return a stand-in for a module of ours, for type hints that name what it defines.

    Imported for type checkers only, the module would leave ``typing.get_type_hints`` with a name
    that it cannot resolve; imported outright, each process would pay for it.
    """
    return _Later(name)


class _Later(ModuleType):
    """Stands in for a module until an attribute of it is used."""

    def __getattr__(self, attribute: str) -> object:
        name = self.__name__
        if attribute.startswith("__"):  # code that inspects all modules must not load it
            raise AttributeError(attribute)
        if sys.modules.get(name) is self:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)
