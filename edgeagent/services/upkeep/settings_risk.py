"""Which settings are riskier for a household than the defaults, and which are safer, in words.

Settings are a file that an integrator edits. ``edgeagent config check NEW`` judges a file before
the service uses it. A change made without that check is noticed at the next start: settings riskier
than the defaults are then logged, once per change.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Literal

from edgeagent.config import Config
from edgeagent.messages.codec import canonical_bytes
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.store import LedgerStore

__all__ = ["Change", "Deviation", "changes", "deviations", "note_change"]

_log = logging.getLogger(__name__)
_STATE_NAME = "settings"
_ORDER = ("riskier", "safer", "neutral")

_Direction = Literal["riskier", "safer", "neutral"]
_Verdict = tuple[_Direction, str]
_Judge = Callable[[Config], _Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One setting that is not at its default."""

    setting: str
    direction: _Direction
    words: str
    names: tuple[str, ...] = ()
    """The values that the words mention: the number of days, or who may reach the service."""


def deviations(config: Config) -> tuple[Deviation, ...]:
    """Return the settings that differ from the defaults, riskier ones first."""
    usual = Config()
    found = [
        Deviation(
            setting=name,
            direction=direction,
            words=words,
            names=_NAMES[name](config) if name in _NAMES else (),
        )
        for name, judge in _JUDGES.items()
        if getattr(config, name) != getattr(usual, name)
        for direction, words in [judge(config)]
    ]
    return tuple(sorted(found, key=lambda deviation: _ORDER.index(deviation.direction)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting that differs between new settings and those in force."""

    setting: str
    before: object
    after: object
    direction: _Direction
    """Compared with the settings in force; riskier in doubt, if neither value is the default."""
    words: str


def changes(present: Config, new: Config) -> tuple[Change, ...]:
    """Return the settings that change, riskier ones first."""
    found = []
    for name in _JUDGES:
        before, after = getattr(present, name), getattr(new, name)
        if before != after:
            direction, words = _compared(name, present, new)
            found.append(
                Change(setting=name, before=before, after=after, direction=direction, words=words)
            )
    return tuple(sorted(found, key=lambda change: _ORDER.index(change.direction)))


def _compared(name: str, present: Config, new: Config) -> _Verdict:
    """Judge a change of a setting; the default counts as neither risky nor safe."""
    before, after = _verdict(name, present), _verdict(name, new)
    if name in _RISK_OF_MORE:
        grows = Fraction(getattr(new, name)) > Fraction(getattr(present, name))
        return _RISK_OF_MORE[name] if grows else _RISK_OF_LESS[name], after[1]
    if after[0] == "riskier" or before[0] == "safer":
        return "riskier", after[1]
    return ("safer" if before[0] == "riskier" else after[0]), after[1]


_RISK_OF_MORE: Mapping[str, _Direction] = {
    "retention_days": "riskier",
    "report_max_odds": "riskier",
    "report_spacing_weeks": "safer",
}
_RISK_OF_LESS: Mapping[str, _Direction] = {
    name: "safer" if direction == "riskier" else "riskier"
    for name, direction in _RISK_OF_MORE.items()
}


def _verdict(name: str, config: Config) -> _Verdict:
    if getattr(config, name) == getattr(Config(), name):
        return "neutral", "the default"
    return _JUDGES[name](config)


def note_change(ledger: LedgerStore, config: Config) -> bool:
    """Log what is riskier than the defaults if settings have changed since the last start.

    Returns:
        Whether the settings have changed.

    """
    digest = sha256(canonical_bytes(config)).digest()
    if ledger.state(_STATE_NAME) == digest:
        return False
    ledger.set_state(_STATE_NAME, digest)
    for deviation in deviations(config):
        if deviation.direction == "riskier":
            _log.warning("settings: %s: %s", deviation.setting, deviation.words)
    return True


def _retention(config: Config) -> _Verdict:
    if config.retention_days > Config().retention_days:
        return "riskier", (
            f"viewings are kept for {config.retention_days} days, not "
            f"{Config().retention_days}: more is there if the box is taken"
        )
    return "safer", f"viewings are kept for {config.retention_days} days only"


def _erase_command(config: Config) -> _Verdict:
    del config
    return "safer", "erasing everything destroys the vendor's key, too"


def _key_provider(config: Config) -> _Verdict:
    if config.key_provider == "command" and not config.key_erase_command:
        return "riskier", (
            "keys come from a vendor's helper that has no way to destroy them: a copy made before "
            "an erasure opens on this box"
        )
    return "safer", f"keys are kept by {config.key_provider}, not in a file of the home"


def _service(config: Config) -> _Verdict:
    """Judge who may manage; the other service settings are schedules and limits."""
    added = [f"{kind} {name}" for kind, name in _added(config)]
    if added:
        return "riskier", f"besides the owner these may reach the service: {', '.join(added)}"
    return "neutral", "when the service works, and for how many"


def _added(config: Config) -> list[tuple[str, str]]:
    """Return who may reach the service because of settings, each with its kind."""
    ours, usual = config.service, Config().service
    return [
        *(("user", name) for name in ours.manage_users if name not in usual.manage_users),
        *(("group", name) for name in ours.manage_groups),
        *(("web page", origin) for origin in ours.allowed_origins),
    ]


def _said(direction: _Direction, words: str) -> _Judge:
    return lambda _config: (direction, words)


_JUDGES: Mapping[str, _Judge] = {
    "server_url": _said("neutral", "models come from, and reports go to, that server"),
    "mirrors": _said("neutral", "models come from those servers, too"),
    "update_megabytes_per_day": _said("neutral", "updates may download that much a day"),
    "trusted_root": _said("neutral", "updates are verified against that root"),
    "retention_days": _retention,
    "scorer": _said("neutral", "titles are ranked inside the resident process"),
    "language": _said("neutral", "the notice is shown in that language"),
    "key_provider": _key_provider,
    "key_credential": _said("neutral", "the credential has that name"),
    "key_command": _said("neutral", "the key comes from that program"),
    "key_erase_command": _erase_command,
    "teens_count_as_adults": _said(
        "riskier", "teens' viewings are stored, and their sessions may be the one that is drawn"
    ),
    "teen_max_age_rating": _said("neutral", "what teens are shown; nothing of it leaves"),
    "entitlements": _said("neutral", "what is shown; nothing of it leaves"),
    "reports": _said("safer", "no report is drawn or sent, whatever is granted"),
    "report_max_odds": lambda config: (
        "safer",
        f"a report may cost e^epsilon = {Fraction(config.report_max_odds)} at most, not 3",
    ),
    "report_spacing_weeks": lambda config: (
        "safer",
        f"reports are {config.report_spacing_weeks} weeks apart at least, not {SPACING_WEEKS}",
    ),
    "consent_hints": _said("neutral", "no switch says that it is undecided or unused"),
    "report_schemes": lambda config: (
        "safer",
        f"a report may tell {' or '.join(config.report_schemes)} of a session, nothing else",
    ),
    "report_pins": _said("safer", "reports go to a server with a pinned key only"),
    "service": _service,
}
"""One for every setting; a test says which is missing."""
_NAMES: Mapping[str, Callable[[Config], tuple[str, ...]]] = {
    "retention_days": lambda config: (str(config.retention_days),),
    "service": lambda config: tuple(name for _, name in _added(config)),
}
