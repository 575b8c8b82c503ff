"""CreativeFault: one thing that is wrong in a catalogue of creatives, and its place."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.messages.creatives import Creative

__all__ = ["CreativeFault", "creative_fault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreativeFault:
    """One thing that is wrong, where, and what to do."""

    crid: str
    """Of the creative; empty: of the catalogue itself."""
    field: str
    what: str
    hint: str

    def __str__(self) -> str:
        """Return it in one line."""
        place = f"creative {self.crid!r}, {self.field}" if self.crid else self.field
        return f"{place}: {self.what}; {self.hint}"


def creative_fault(creative: Creative, field: str, what: str, hint: str) -> CreativeFault:
    """Return a fault in a field of a creative."""
    return CreativeFault(crid=creative.crid, field=field, what=what, hint=hint)
