"""An option that is a number within bounds, and so no "nan", which is neither below nor above."""

from __future__ import annotations

from math import isnan
from typing import Any

import click

__all__ = ["NumberRange"]


class NumberRange(click.FloatRange):
    """Numbers within bounds. Click compares with the bounds, which ``nan`` passes."""

    def convert(
        self,
        value: Any,  # noqa: ANN401  (click's signature)
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:  # noqa: ANN401  (click's signature)
        """Return the number."""
        number = super().convert(value, param, ctx)
        if isnan(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number
