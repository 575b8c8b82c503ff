"""The examples of the OpenRPC document: what to call, in this order, on a box that has lived."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgeagent.api.methods.registry import EVENTS
from edgeagent.services.household.privacy_flags import FLAGS

Params = dict[str, Any]
Done = dict[str, list[Any]]

_FILM = "t:01"
_PLAYS = {"entityId": _FILM}


def _confirmation(done: Done) -> Params:
    confirm = done["EdgeAgent.erase"][-1]["result"]["value"]["confirm"]
    return {"scope": "history", "confirm": confirm}


def _setter(flag: str) -> str:
    return f"Privacy.set{flag[0].upper()}{flag[1:]}"


EXAMPLES: list[tuple[str, str, Params | Callable[[Done], Params]]] = [
    ("The document itself (left out here)", "rpc.discover", {}),
    *[("Begin to listen", event.name, {"listen": True}) for event in EVENTS],
    ("What an app may rely on", "Discovery.policy", {}),
    (
        "A film, nearly to the end",
        "Discovery.watched",
        {
            "entityId": _FILM,
            "progress": 0.95,
            "completed": True,
            "watchedOn": "2026-05-11T20:15:00Z",
            "agePolicy": "app:adult",
        },
    ),
    (
        "Half an hour of live television",
        "Discovery.watched",
        {"entityId": "t:03", "progress": 1800},
    ),
    ("Was it accepted?", "Discovery.watchedV2", {"entityId": "t:04", "completed": True}),
    ("A player loads", "Metrics.mediaLoadStart", _PLAYS),
    ("It is about to play", "Metrics.mediaPlay", _PLAYS),
    ("It plays", "Metrics.mediaPlaying", _PLAYS),
    ("It waits for data", "Metrics.mediaWaiting", _PLAYS),
    ("A minute later", "Metrics.mediaProgress", {**_PLAYS, "progress": 0.01}),
    ("Somebody seeks", "Metrics.mediaSeeking", {**_PLAYS, "target": 0.5}),
    ("Somebody sought", "Metrics.mediaSeeked", {**_PLAYS, "position": 0.5}),
    ("Twice as fast", "Metrics.mediaRateChange", {**_PLAYS, "rate": 2}),
    ("Normal again", "Metrics.mediaRateChanged", {**_PLAYS, "rate": 1}),
    (
        "In HDR",
        "Metrics.mediaRenditionChange",
        {**_PLAYS, "bitrate": 12000, "width": 3840, "height": 2160, "profile": "HDR"},
    ),
    (
        "In HD",
        "Metrics.mediaRenditionChanged",
        {**_PLAYS, "bitrate": 5000, "width": 1920, "height": 1080},
    ),
    ("A pause", "Metrics.mediaPause", _PLAYS),
    ("The end", "Metrics.mediaEnded", _PLAYS),
    ("May advertisements track?", "Advertising.policy", {}),
    ("Flags of the platform", "Profile.flags", {}),
    *[("Is it on?", f"Privacy.{flag}", {}) for flag in FLAGS],
    ("All at once", "Privacy.settings", {}),
    *[("Switch it on", _setter(flag), {"value": True}) for flag in FLAGS],
    ("Switch it off", "Privacy.setAllowRemoteDiagnostics", {"value": False}),
    ("Two titles for the active profile", "EdgeAgent.recommend", {"limit": 2}),
    ("What was picked last, at once", "EdgeAgent.recommend", {"limit": 1, "cached": True}),
    ("The same again, without scoring", "EdgeAgent.lastPicks", {}),
    ("Why this title?", "EdgeAgent.explain", {"entityId": "t:05"}),
    ("What the box makes of the household", "EdgeAgent.segments", {}),
    ("The latest viewings", "EdgeAgent.history", {"limit": 2}),
    ("Viewings of titles of that name", "EdgeAgent.history", {"search": "title t:02"}),
    ("Viewings of one title", "EdgeAgent.history", {"entityId": "t:02"}),
    ("What is there to watch?", "EdgeAgent.titles", {"search": "t:1", "limit": 2}),
    ("Not interested", "EdgeAgent.hide", {"entityId": "t:06"}),
    ("Not a reason", "EdgeAgent.exclude", {"entityId": "t:07"}),
    ("What was said of titles", "EdgeAgent.marks", {}),
    ("Show it again", "EdgeAgent.unhide", {"entityId": "t:06"}),
    ("A reason again", "EdgeAgent.include", {"entityId": "t:07"}),
    ("Forget a title", "EdgeAgent.forget", {"entityId": "t:04"}),
    ("Every purpose, and what it gives and takes", "EdgeAgent.consent", {}),
    ("Allow one", "EdgeAgent.grant", {"purpose": "personalization"}),
    ("Take one back", "EdgeAgent.withdraw", {"purpose": "promotion"}),
    ("The platform's privacy mode is on", "EdgeAgent.applySignal", {"signal": "do-not-share"}),
    ("Every decision, for the record", "EdgeAgent.consentReceipt", {"profile": "main"}),
    ("Is the box looking away?", "EdgeAgent.privateSession", {}),
    ("Look away for two hours", "EdgeAgent.startPrivateSession", {"minutes": 120}),
    ("Look again", "EdgeAgent.stopPrivateSession", {}),
    ("Who is there?", "EdgeAgent.profiles", {}),
    ("One more", "EdgeAgent.createProfile", {"name": "Ada"}),
    ("Under another name", "EdgeAgent.renameProfile", {"name": "Ada", "newName": "Grace"}),
    ("Now she watches", "EdgeAgent.switchProfile", {"name": "Grace"}),
    ("For how long are viewings kept?", "EdgeAgent.retention", {}),
    ("For a month only", "EdgeAgent.setRetention", {"days": 30}),
    ("What has left, or waits to", "EdgeAgent.disclosures", {}),
    ("What comes next, and when", "EdgeAgent.nextReport", {}),
    ("What a report on last week would look like", "EdgeAgent.preview", {}),
    ("What it cost", "EdgeAgent.budget", {}),
    ("What can be said of this box", "EdgeAgent.assessment", {}),
    ("How the box stands", "EdgeAgent.status", {}),
    ("What is installed", "EdgeAgent.model", {}),
    ("Look for a newer model", "EdgeAgent.updateModel", {}),
    ("Everything, to take along", "EdgeAgent.export", {}),
    ("Erase what was watched: first ask", "EdgeAgent.erase", {"scope": "history"}),
    ("Then do it", "EdgeAgent.erase", _confirmation),
]
"""``EdgeAgent.rollbackModel`` has none: it needs two different models."""
