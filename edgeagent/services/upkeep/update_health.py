"""Examine updates: whether they succeed, what was published, and what its publisher stopped."""

from __future__ import annotations

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, iso_utc
from edgeagent.services.models.creatives import CreativesState
from edgeagent.services.models.installation import Installation
from edgeagent.services.models.release_watch import CONFLICT
from edgeagent.services.upkeep.findings import Finding

__all__ = ["creatives_found", "releases_found", "stops_found", "update_found"]

_STALE_UPDATE_SECONDS = 14 * DAY_SECONDS


def update_found(installation: Installation, *, now: int) -> Finding:
    """Say when metadata verified last, until when they are valid, and why updates fail.

    Args:
        installation: what is installed.
        now: the box's time, seconds UTC.

    """
    checked, trouble = installation.checked_at, installation.trouble
    message, hint = "no model has been downloaded yet", "edgeagent model update"
    if checked is not None:
        valid_until, age_seconds = installation.time.vouched_until, now - checked
        message = f"last update {iso_utc(checked)}"
        if age_seconds > _STALE_UPDATE_SECONDS:
            message += f", {age_seconds // WEEK_SECONDS} weeks ago"
        elif now <= valid_until:
            hint = ""
        if now > valid_until:
            message += f"; its metadata expired on {iso_utc(valid_until)}, the model stays in use"
    if trouble is not None:
        message += f"; none has succeeded since {iso_utc(trouble.since)}: {trouble.reason}"
        hint = trouble.hint
    return Finding(name="update", status="warning" if hint else "ok", message=message, hint=hint)


def releases_found(installation: Installation) -> Finding:
    """Say which list of releases this box was shown, for comparison with another box's."""
    seen, conflict = installation.releases.seen, installation.conflict
    if conflict is not None:
        return Finding(
            name="releases",
            status="failed",
            message=f"since {iso_utc(conflict.at)} {CONFLICT}: {conflict.reason}",
            hint=conflict.hint,
        )
    if seen is None:
        message = "the repository keeps no list, so boxes cannot compare what they are shown"
        return Finding(name="releases", status="ok", message=message)
    message = f"list {seen.list_id} since {iso_utc(seen.accepted_at)}, length {seen.length}, "
    message += f"head {seen.head}"
    if seen.earlier_id is not None:
        message += f"; signed with the root keys, it replaced list {seen.earlier_id}"
    return Finding(name="releases", status="ok", message=message)


def creatives_found(fetched: CreativesState) -> Finding:
    """Say whether the promos and ads published last are those that this box has."""
    if fetched.refused is None:
        message = "none are published" if fetched.sha256 is None else f"catalogue {fetched.sha256}"
        return Finding(name="creatives", status="ok", message=message)
    return Finding(
        name="creatives",
        status="warning",
        message=f"not all that was published last is here: {fetched.refused}",
        hint="the publisher publishes them again; until then those that are here are shown",
    )


def stops_found(installation: Installation) -> Finding:
    """Say whether the active model, the only one or the report task was stopped."""
    current, task = installation.current, installation.task
    stopped = []
    if current is not None and installation.is_stopped(current):
        stopped.append(f"model {current.model_version}: another one ranks, or popular titles show")
    if current is None and installation.stopped_models:
        stopped.append(f"{len(installation.stopped_models)} of the models, and none is installed")
    if task is not None and installation.task_is_stopped:
        stopped.append(f"report task {task.name}: nothing is drawn or sent for it")
    return Finding(
        name="stops",
        status="warning" if stopped else "ok",
        message="; ".join(stopped) or "the publisher has stopped nothing that is used here",
        hint="an update brings what the publisher offers instead" if stopped else "",
    )
