"""All methods and events of the API, by name."""

from __future__ import annotations

from edgeagent.api.method import Event, Method
from edgeagent.api.methods import box as own_box
from edgeagent.api.methods import consent as own_consent
from edgeagent.api.methods import (
    firebolt_discovery,
    firebolt_metrics,
    firebolt_privacy,
)
from edgeagent.api.methods import history as own_history
from edgeagent.api.methods import household as own_household
from edgeagent.api.methods import picks as own_picks
from edgeagent.api.methods import profile_lock as own_profile_lock
from edgeagent.api.methods import promotions as own_promotions
from edgeagent.api.methods import reports as own_reports
from edgeagent.api.methods import rights as own_rights

__all__ = ["EVENTS", "METHODS", "find_event", "find_method"]

METHODS: tuple[Method, ...] = (
    *firebolt_discovery.METHODS,
    *firebolt_privacy.METHODS,
    *firebolt_metrics.METHODS,
    *own_picks.METHODS,
    *own_promotions.METHODS,
    *own_history.METHODS,
    *own_consent.METHODS,
    *own_household.METHODS,
    *own_profile_lock.METHODS,
    *own_reports.METHODS,
    *own_rights.METHODS,
    *own_box.METHODS,
)
EVENTS: tuple[Event, ...] = (
    *firebolt_discovery.EVENTS,
    *firebolt_privacy.EVENTS,
    *own_picks.EVENTS,
    *own_history.EVENTS,
    *own_consent.EVENTS,
    *own_household.EVENTS,
    *own_reports.EVENTS,
    *own_box.EVENTS,
)


def _key(name: str) -> str:
    """Firebolt's clients write the module in any case, and the method as it is."""
    module, dot, method = name.partition(".")
    return f"{module.lower()}{dot}{method}"


_METHODS = {_key(method.name): method for method in METHODS}
_EVENTS = {_key(event.name): event for event in EVENTS}


def find_method(name: str) -> Method | None:
    """Return the method of this name, its module in any case."""
    return _METHODS.get(_key(name))


def find_event(name: str) -> Event | None:
    """Return the event of this name, its module in any case."""
    return _EVENTS.get(_key(name))
