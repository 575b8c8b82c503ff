"""The options of ``server-stub serve`` that are about the programmers' page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.clock import Clock
from edgeagent.number_range import NumberRange
from server_stub.cli.options import STORED_FILE

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from server_stub.page.app import OperatorPage

__all__ = ["PageOptions", "page_options"]

_HALF_WIDTH = 0.05
"""Just above what 5,000 reports give at 33 categories and e^ε = 3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """What the options say."""

    token_file: Path | None
    half_width: float
    portrait: Path | None

    def token_path(self, store: Path) -> Path:
        """Return where the token lies: beside the store, unless it is named."""
        return self.token_file or store.with_name("page.token")

    def opened(
        self,
        source: Sequence[str],
        repository: Path,
        *,
        beside: Path,
        clock: Clock,
        registry: CollectorRegistry,
        trouble: Callable[[], str],
    ) -> OperatorPage:
        """Return the page.

        Args:
            source: the options that name the reports.
            repository: names tasks and segments.
            beside: the store, next to which the token lies unless it is named.
            clock: gives the time.
            registry: the server's metrics.
            trouble: says why the last reports could not be stored.

        Raises:
            InputError: the token cannot be used, or the repository has no task.

        """
        from server_stub.page.app import open_page  # noqa: PLC0415  (Jinja2, for the page only)
        from server_stub.page.health import health_of  # noqa: PLC0415  (as above)

        return open_page(
            source=source,
            repository=repository,
            token_file=self.token_path(beside),
            half_width=self.half_width,
            clock=clock,
            portrait=self.portrait,
            health=partial(health_of, registry, trouble),
        )


def page_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets ``page``: :class:`PageOptions`, or ``None``."""

    @click.option("--page", is_flag=True, help="Serve the programmers' page at /page/, too.")
    @click.option(
        "--page-token",
        type=STORED_FILE,
        help="Token of the page's operators, made if there is none.  [default: page.token beside "
        "the store]",
    )
    @click.option(
        "--page-half-width",
        type=NumberRange(min=0, min_open=True),
        default=_HALF_WIDTH,
        show_default=True,
        help="The page shows no interval wider than ± this (0.01 is one point of share).",
    )
    @click.option(
        "--page-portrait",
        type=STORED_FILE,
        help="What the segments are on the panel, as 'model-export portray' writes it: every "
        "segment's page then links to its brief.",
    )
    @wraps(command)
    def wrapped(
        *,
        page: bool,
        page_token: Path | None,
        page_half_width: float,
        page_portrait: Path | None,
        **options: object,
    ) -> None:
        chosen = PageOptions(
            token_file=page_token, half_width=page_half_width, portrait=page_portrait
        )
        command(page=chosen if page else None, **options)

    return wrapped
