"""The settings about reports: the server, and limits tighter than the compiled ones."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Self, get_args

from edgeagent.clock import DAY_SECONDS
from edgeagent.config import Config
from edgeagent.messages.fields import SchemeName
from edgeagent.privacy.accounting import COMPILED_LIMITS, Limits

__all__ = ["SEND_WINDOW_SECONDS", "ReportRules"]

SEND_WINDOW_SECONDS = 4 * DAY_SECONDS
"""A report is sent at a uniformly random moment of the four days after its count began, so that the
time of sending does not reveal when the box was switched on. It is never before the booking, with
which the window opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRules:
    """The settings that reporter and uploader use."""

    enabled: bool = True
    limits: Limits = COMPILED_LIMITS
    recipient: str = ""
    schemes: tuple[SchemeName, ...] = get_args(SchemeName)
    """What a task may have a report tell."""

    @classmethod
    def of(cls, config: Config) -> Self:
        """Return the rules of the settings.

        Raises:
            PolicyError: looser than the compiled limits, which a settings file cannot request.

        """
        return cls(
            enabled=config.reports,
            limits=Limits(
                max_odds=Fraction(config.report_max_odds),
                spacing_weeks=config.report_spacing_weeks,
            ),
            recipient=config.server_url or "",
            schemes=config.report_schemes,
        )
