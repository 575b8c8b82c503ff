"""The terms in force on a box, from compiled limits and settings, and the notice that states them.

Nothing that a server sends is read here: see :mod:`edgeagent.messages.terms`.
"""

from __future__ import annotations

from typing import get_args

from edgeagent.config import Config
from edgeagent.messages.fields import MechanismName, SchemeName
from edgeagent.messages.server_address import ServerAddress
from edgeagent.messages.terms import Terms
from edgeagent.notices import Notice, load_template

__all__ = ["notice_in_force", "terms_in_force"]


def terms_in_force(config: Config) -> Terms:
    """Return the most that this box may do under the settings.

    Raises:
        InputError: there is no notice in the language of the settings.

    """
    # The host alone: it tells whom a report reaches, and a port or a path changes without that.
    server = None if config.server_url is None else ServerAddress.parse(config.server_url)
    return Terms(
        meanings=load_template(config.language).meanings,
        mechanisms=get_args(MechanismName),
        odds=config.report_max_odds,
        recipients=() if server is None else (server.host.lower(),),
        retention_days=config.retention_days,
        schemes=tuple(name for name in get_args(SchemeName) if name in config.report_schemes),
        spacing_weeks=config.report_spacing_weeks,
    )


def notice_in_force(config: Config, language: str | None = None) -> Notice:
    """Return the notice of this box, in the language of the settings unless another is given.

    Raises:
        InputError: there is none in that language.

    """
    template = load_template(config.language if language is None else language)
    return template.filled(terms_in_force(config))
