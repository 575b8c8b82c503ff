"""What the settings say about reports: to whom, and how much tighter than compiled in."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from edgeagent.clock import DAY_SECONDS
from edgeagent.config import Config
from edgeagent.privacy.accounting import COMPILED_LIMITS, Limits

__all__ = ["SEND_WINDOW_SECONDS", "ReportRules"]

SEND_WINDOW_SECONDS = 4 * DAY_SECONDS
"""A report leaves at a uniform moment of the four days after its count began, so that the time of
sending does not tell when the box was switched on. Never before it is booked: the window opens
with that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRules:
    """The settings, as the reporter and the uploader need them."""

    enabled: bool = True
    limits: Limits = COMPILED_LIMITS
    recipient: str = ""

    @classmethod
    def of(cls, config: Config) -> Self:
        """Read them from the settings.

        Raises:
            PolicyError: looser than compiled in, which a settings file cannot say.

        """
        return cls(
            enabled=config.reports,
            limits=Limits(
                max_odds=Fraction(config.report_max_odds),
                spacing_weeks=config.report_spacing_weeks,
            ),
            recipient=config.server_url or "",
        )
