"""What the name of a task says: a report carries no more of its task than that.

Reports outlive their tasks, so the log, the assessment and the pages read it from the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import msgspec

from edgeagent.messages.fields import MechanismName, SchemeName, TaskName

__all__ = ["TaskTerms", "read_task_name"]

_BY_SEGMENT: SchemeName = "segment"
"""Not written into a name: tasks had names before there was another scheme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTerms:
    """Mechanism, scheme and parameters of a task."""

    mechanism: MechanismName
    scheme: SchemeName
    categories: int
    """S', "none" included."""
    odds: Fraction
    """e^ε."""
    epoch: int
    """The number of its quarter."""


def read_task_name(name: TaskName) -> TaskTerms:
    """Return the terms that a name says; the name is one, as decoding a report makes sure.

    >>> read_task_name("subset_selection.group_daypart.33.3-1.227").scheme
    'group_daypart'
    """
    mechanism, *scheme, categories, odds, epoch = name.split(".")
    return msgspec.convert(
        {
            "mechanism": mechanism,
            "scheme": scheme[0] if scheme else _BY_SEGMENT,
            "categories": int(categories),
            "odds": Fraction(odds.replace("-", "/")),
            "epoch": int(epoch),
        },
        TaskTerms,
    )
