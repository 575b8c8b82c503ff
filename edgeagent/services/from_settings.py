"""Make scorer, transport and repository from the settings; heavy imports wait until one is made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgeagent.config import Config
from edgeagent.errors import InputError
from edgeagent.regular_file import read_regular

if TYPE_CHECKING:
    from edgeagent.network.pace import Pace
    from edgeagent.network.repository import Repository
    from edgeagent.network.transport import Transport
    from edgeagent.scoring.protocol import Scorer

__all__ = ["make_scorer", "open_repository", "open_transport", "read_trusted_root"]

_SPENT_NAME = "downloaded.json"
_MAX_ROOT_BYTES = 512_000
"""The limit python-tuf has for root metadata from a server (``root_max_length``)."""


def make_scorer(config: Config) -> Scorer:
    """Return the scorer that the settings name: in a child process or in this one."""
    if config.scorer == "resident":
        from edgeagent.scoring.resident import ResidentScorer  # noqa: PLC0415  (heavy)

        return ResidentScorer()
    from edgeagent.scoring.remote import ChildScorer  # noqa: PLC0415  (lazy, see module)

    return ChildScorer()


def open_transport(config: Config, *, pace: Pace | None = None) -> Transport:
    """Return the transport for reports; ``pace`` decides when a request may begin.

    Raises:
        InputError: the settings name no server.

    """
    from edgeagent.network.transport import HttpTransport  # noqa: PLC0415  (lazy, see module)

    return HttpTransport(_server_url(config), pins=config.report_pins, pace=pace)


def open_repository(
    models: Path,
    config: Config,
    *,
    now: int,
    pace: Pace | None = None,
    seen: tuple[str, int] | None = None,
) -> Repository:
    """Return the repository that models come from, refreshed as of ``now``, seconds UTC.

    Args:
        models: directory for metadata and targets.
        config: names servers, root of trust, and bytes per day.
        now: decides which metadata has expired.
        pace: decides when each request may begin; without one, at once.
        seen: id and length of the list of releases seen last; mirrors behind it are skipped.

    Raises:
        InputError: the settings name no server or no root of trust.
        NetworkError: the server cannot be reached.
        UpdateRefused: its metadata does not verify.

    """
    # Both import heavy libraries (tuf, TLS), see module.
    from edgeagent.network.day_budget import DayBudget  # noqa: PLC0415
    from edgeagent.network.fetcher import HttpFetcher  # noqa: PLC0415
    from edgeagent.network.repository import Repository  # noqa: PLC0415

    limit_bytes = config.update_megabytes_per_day * 1_000_000
    return Repository(
        models,
        servers=(_server_url(config), *config.mirrors),
        trusted_root=read_trusted_root(config),
        now=now,
        list_seen=seen,
        fetcher=HttpFetcher(
            pace=pace,
            budget=DayBudget(models / _SPENT_NAME, limit_bytes=limit_bytes, now=now),
        ),
    )


def read_trusted_root(config: Config) -> bytes:
    """Return the root of trust that the firmware ships.

    Raises:
        InputError: none in the settings, unreadable, or not a regular file within the size limit.

    """
    if config.trusted_root is None:
        raise InputError(
            "no trusted_root in the config",
            hint="set trusted_root to the root.json that the publisher ships with the firmware",
        )
    try:
        return read_regular(config.trusted_root, cap_bytes=_MAX_ROOT_BYTES)
    except OSError as error:
        raise InputError(
            f"trusted_root {config.trusted_root}: {error.strerror}",
            hint="correct trusted_root in the config",
        ) from error


def _server_url(config: Config) -> str:
    if config.server_url is None:
        raise InputError(
            "no server_url in the config",
            hint="set server_url in config.toml to where models come from and reports go",
        )
    return config.server_url
