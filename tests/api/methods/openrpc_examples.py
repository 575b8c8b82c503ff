"""The examples of the OpenRPC document: what to call, in this order, on one box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from edgeagent.services.household.privacy_flags import FLAGS

__all__ = [
    "AFTER_A_REPORT",
    "AFTER_A_SECOND_MODEL",
    "AT_FIRST",
    "EXAMPLES",
    "REFUSED_AFTER_A_REPORT",
    "REFUSED_AT_FIRST",
    "Example",
    "Refused",
]

Params = dict[str, Any]
Done = dict[str, list[Any]]

# Ids of the catalogue that ``edgeagent simulate`` publishes: see test_api_document.
_FILM = "film-0008"
_OTHER, _NEXT, _HIDDEN, _EXCLUDED = "film-0011", "film-0014", "film-0007", "film-0023"
_EPISODE = "series-001-s01e01"
_A_DAY = {"edges": [1_767_571_200, 1_767_657_600]}
_PLAYS = {"entityId": _NEXT}
# Ids of the creatives that openrpc_recording puts on the box.
_CREATIVE, _ADVERTISER = "autumn-dramas", {"what": "advertiser", "name": "acme"}
_TWO_PLACES = {"placement": "home", "number": 2}


class Example(NamedTuple):
    """A call that succeeds."""

    title: str
    method: str
    params: Params | Callable[[Done], Params] | None = None


class Refused(NamedTuple):
    """A call that fails, with this code."""

    method: str
    code: int
    params: Params | list[Any] | None = None
    app: bool = False
    """Called by an app, else by a manager."""


def _confirmation(done: Done) -> Params:
    confirm = done["EdgeAgent.erase"][-1]["result"]["value"]["confirm"]
    return {"scope": "history", "confirm": confirm}


def _latest(done: Done) -> Params:
    latest = done["EdgeAgent.history"][0]["result"]["value"]["viewings"][0]
    start = latest["watchedOn"]
    return {"entityId": latest["entityId"], "since": start, "until": start + 1}


def _older(done: Done) -> Params:
    page = done["EdgeAgent.history"][0]["result"]["value"]
    return {"limit": 2, "before": page["next"]}


def _setter(flag: str) -> str:
    return f"Privacy.set{flag[0].upper()}{flag[1:]}"


REFUSED_AT_FIRST = [
    Refused("Discovery.watched", -40300, {"entityId": _FILM, "progress": 0.95}, app=True),
    *(Refused(_setter(flag), -40300, {"value": True}, app=True) for flag in FLAGS),
    Refused("EdgeAgent.recommend", -40300),
    Refused("EdgeAgent.explain", -40300, {"entityId": _FILM}),
    Refused("EdgeAgent.segments", -40300),
    Refused("EdgeAgent.preview", -50200),
    Refused("EdgeAgent.updateModel", -50300),
    Refused("EdgeAgent.rollbackModel", -50200),
]
"""Before anything is granted, and while the server publishes nothing."""

AT_FIRST = [
    Example("The document (left out here)", "rpc.discover"),
    Example("All purposes are off", "EdgeAgent.consent"),
    *(
        Example(f"Grant {purpose}", "EdgeAgent.grant", {"purpose": purpose})
        for purpose in ("history", "personalization", "reporting")
    ),
    Example("The first model", "EdgeAgent.updateModel"),
    Example("Viewings are stored", "Discovery.policy"),
    Example(
        "A film, nearly to the end",
        "Discovery.watched",
        {"entityId": _FILM, "progress": 0.95, "completed": True, "agePolicy": "app:adult"},
    ),
    Example(
        "Half an hour of an episode", "Discovery.watched", {"entityId": _EPISODE, "progress": 1800}
    ),
    Example("Another film", "Discovery.watchedV2", {"entityId": _OTHER, "completed": True}),
    Example("The player loads", "Metrics.mediaLoadStart", _PLAYS),
    Example("It is about to play", "Metrics.mediaPlay", _PLAYS),
    Example("It plays", "Metrics.mediaPlaying", _PLAYS),
    Example("It waits for data", "Metrics.mediaWaiting", _PLAYS),
    Example("A minute later", "Metrics.mediaProgress", {**_PLAYS, "progress": 0.01}),
    Example("A seek begins", "Metrics.mediaSeeking", {**_PLAYS, "target": 0.5}),
    Example("It has ended", "Metrics.mediaSeeked", {**_PLAYS, "position": 0.5}),
    Example("Twice as fast", "Metrics.mediaRateChange", {**_PLAYS, "rate": 2}),
    Example("Normal speed", "Metrics.mediaRateChanged", {**_PLAYS, "rate": 1}),
    Example(
        "In HDR",
        "Metrics.mediaRenditionChange",
        {**_PLAYS, "bitrate": 12000, "width": 3840, "height": 2160, "profile": "HDR"},
    ),
    Example(
        "In HD",
        "Metrics.mediaRenditionChanged",
        {**_PLAYS, "bitrate": 5000, "width": 1920, "height": 1080},
    ),
    Example("A pause", "Metrics.mediaPause", _PLAYS),
    Example("The end", "Metrics.mediaEnded", _PLAYS),
    Example("Tracking is limited", "Advertising.policy"),
    Example("Flags of the platform", "Profile.flags"),
    *(Example("Read it", f"Privacy.{flag}") for flag in FLAGS),
    Example("Read all", "Privacy.settings"),
    *(Example("Switch it on", _setter(flag), {"value": True}) for flag in FLAGS),
    Example("Switch it off", "Privacy.setAllowRemoteDiagnostics", {"value": False}),
    Example("Two titles for the active profile", "EdgeAgent.recommend", {"limit": 2}),
    Example("The last ranking, at once", "EdgeAgent.recommend", {"limit": 1, "cached": True}),
    Example("The last ranking, without scoring", "EdgeAgent.lastPicks", {"limit": 1}),
    Example("The list of the week", "EdgeAgent.weekList"),
    Example("The score of one title", "EdgeAgent.explain", {"entityId": "film-0030"}),
    Example("Segments of the active profile", "EdgeAgent.segments"),
    Example("The latest viewings", "EdgeAgent.history", {"limit": 2}),
    Example("The next page", "EdgeAgent.history", _older),
    Example("Before, on and after a day", "EdgeAgent.historyCounts", _A_DAY),
    Example("A search by name", "EdgeAgent.history", {"search": "ferry"}),
    Example("What each app told", "EdgeAgent.apps"),
    Example("Viewings of one title", "EdgeAgent.history", {"entityId": _FILM}),
    Example("A search in the catalogue", "EdgeAgent.titles", {"search": "ferry", "limit": 2}),
    Example("Not interested", "EdgeAgent.hide", {"entityId": _HIDDEN}),
    Example("Not a reason", "EdgeAgent.exclude", {"entityId": _EXCLUDED}),
    Example("Both marks", "EdgeAgent.marks"),
    Example("Show it again", "EdgeAgent.unhide", {"entityId": _HIDDEN}),
    Example("A reason again", "EdgeAgent.include", {"entityId": _EXCLUDED}),
    Example("Delete the viewings of a title", "EdgeAgent.forget", {"entityId": _OTHER}),
    Example("Delete one viewing", "EdgeAgent.forgetSpan", _latest),
    Example("State of the box", "EdgeAgent.status"),
    Example("All data", "EdgeAgent.export"),
]

AFTER_A_REPORT = [
    Example("A report that waits", "EdgeAgent.disclosures"),
    Example("The report after it", "EdgeAgent.nextReport"),
    Example("What its groups are called", "EdgeAgent.reportTask"),
    Example("The budget after one report", "EdgeAgent.budget"),
    Example("The assessment after one report", "EdgeAgent.assessment"),
    Example("Two places of the home screen", "EdgeAgent.choose", _TWO_PLACES),
    Example("It was on the screen", "EdgeAgent.shown", {"crid": _CREATIVE}),
    Example("Its picture", "EdgeAgent.creativeFile", {"crid": _CREATIVE}),
    Example("Why it may be shown", "EdgeAgent.whyCreative", {"crid": _CREATIVE}),
    Example("Never again", "EdgeAgent.hideCreative", _ADVERTISER),
    Example("All creatives, and what was shown", "EdgeAgent.promotions"),
    Example("After all", "EdgeAgent.unhideCreative", _ADVERTISER),
    Example("Withdraw one", "EdgeAgent.withdraw", {"purpose": "promotion"}),
    Example("The page of the quarter, on a screen", "EdgeAgent.quarter", {"shown": True}),
    Example("Privacy mode of the platform", "EdgeAgent.applySignal", {"signal": "do-not-share"}),
    Example("Grant it again", "EdgeAgent.grant", {"purpose": "reporting"}),
    Example("No hints, for any profile", "EdgeAgent.setConsentHints", {"on": False}),
    Example("All decisions of a profile", "EdgeAgent.consentReceipt", {"profile": "main"}),
    Example("None is on", "EdgeAgent.privateSession"),
    Example("Two hours", "EdgeAgent.startPrivateSession", {"minutes": 120}),
    Example("End it before its time", "EdgeAgent.stopPrivateSession"),
    Example("One profile", "EdgeAgent.profiles"),
    Example("A second one", "EdgeAgent.createProfile", {"name": "Ada"}),
    Example("Another name", "EdgeAgent.renameProfile", {"name": "Ada", "newName": "Grace"}),
    Example("She watches now", "EdgeAgent.switchProfile", {"name": "Grace"}),
    Example("The first one again", "EdgeAgent.switchProfile", {"name": "main"}),
    Example("Nothing above 16", "EdgeAgent.setAgeLimit", {"name": "Grace", "limit": 16}),
    Example("As the settings say", "EdgeAgent.retention"),
    Example("Two months only", "EdgeAgent.setRetention", {"days": 60}),
    Example("The first model", "EdgeAgent.model"),
    Example("A first PIN", "EdgeAgent.setProfileLock", {"newPin": "2580"}),
]
"""A reporting week has been closed, and a week has passed."""

REFUSED_AFTER_A_REPORT = [
    Refused(
        "Discovery.watched", -42900, [{"entityId": f"film-{n:04d}"} for n in range(1, 7)], app=True
    ),
    Refused("EdgeAgent.recommend", -32602, {"profile": "Nobody"}),
    Refused("EdgeAgent.explain", -32602, {"entityId": "film-9999"}),
    Refused("EdgeAgent.createProfile", -32602, {"name": "Grace"}),
    Refused("EdgeAgent.switchProfile", -32602, {"name": "Nobody"}),
    Refused("EdgeAgent.renameProfile", -32602, {"name": "main", "newName": "Ada"}),
    Refused("EdgeAgent.setRetention", -32602, {"days": 365}),
    Refused("EdgeAgent.erase", -32602, {"scope": "history", "confirm": "0000000000000000"}),
    Refused("EdgeAgent.status", -40300, app=True),
    Refused("EdgeAgent.choose", -32602, {"placement": "home", "profile": "main"}, app=True),
    Refused("EdgeAgent.whyCreative", -32602, {"crid": "nothing"}),
    Refused("EdgeAgent.grant", -40100, {"purpose": "promotion"}),
    Refused("EdgeAgent.switchProfile", -40100, {"name": "Grace"}),
    Refused("EdgeAgent.setProfileLock", -40100, {"newPin": None, "pin": "0000"}),
    Refused(_setter("allowWatchHistory"), -40100, {"value": True}),
]

AFTER_A_SECOND_MODEL = [
    Example("After one wrong PIN", "EdgeAgent.profileLock"),
    Example("A purpose with the PIN", "EdgeAgent.grant", {"purpose": "history", "pin": "2580"}),
    Example("No lock any more", "EdgeAgent.setProfileLock", {"newPin": None, "pin": "2580"}),
    Example("A sample on last week", "EdgeAgent.preview"),
    Example("A newer model", "EdgeAgent.updateModel"),
    Example("The first model again", "EdgeAgent.rollbackModel"),
    Example("Everything off", "EdgeAgent.switchOff"),
    Example("The first call", "EdgeAgent.erase", {"scope": "history"}),
    Example("The second call", "EdgeAgent.erase", _confirmation),
]

EXAMPLES = [*AT_FIRST, *AFTER_A_REPORT, *AFTER_A_SECOND_MODEL]
