"""The outbound doors as the settings name them; the network is imported when one is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgeagent.config import Config
from edgeagent.errors import InputError

if TYPE_CHECKING:
    from edgeagent.network.repository import Repository
    from edgeagent.network.transport import Transport
    from edgeagent.scoring.protocol import Scorer

__all__ = ["make_scorer", "open_repository", "open_transport"]


def make_scorer(config: Config) -> Scorer:
    """Return what runs models, in a child process or in this one."""
    if config.scorer == "resident":
        from edgeagent.scoring.resident import ResidentScorer  # noqa: PLC0415  (heavy)

        return ResidentScorer()
    from edgeagent.scoring.remote import ChildScorer  # noqa: PLC0415  (lazy, see module)

    return ChildScorer()


def open_transport(config: Config) -> Transport:
    """Return where reports go.

    Raises:
        InputError: no server in the settings.

    """
    from edgeagent.network.transport import HttpTransport  # noqa: PLC0415  (lazy, see module)

    return HttpTransport(_server_url(config), pins=config.report_pins)


def open_repository(models: Path, config: Config, *, now: int) -> Repository:
    """Return where models come from, refreshed as of ``now``, seconds UTC.

    Args:
        models: directory for metadata and targets.
        config: names server and root of trust.
        now: decides which metadata has expired.

    Raises:
        InputError: no server or no root of trust in the settings.
        NetworkError, UpdateRefused: it cannot be reached, or does not verify.

    """
    from edgeagent.network.repository import Repository  # noqa: PLC0415  (heavy, see module)

    if config.trusted_root is None:
        raise InputError(
            "no trusted_root in the config",
            hint="set trusted_root to the root.json that the publisher ships with the firmware",
        )
    root = Path(config.trusted_root)
    try:
        trusted_root = root.read_bytes()
    except OSError as error:
        raise InputError(
            f"trusted_root {root}: {error.strerror}", hint="correct trusted_root in the config"
        ) from error
    return Repository(models, server_url=_server_url(config), trusted_root=trusted_root, now=now)


def _server_url(config: Config) -> str:
    if config.server_url is None:
        raise InputError(
            "no server_url in the config",
            hint="set server_url in config.toml to where models come from and reports go",
        )
    return config.server_url
