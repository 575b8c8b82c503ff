"""How the stores of a home are: pages, rows, logs, and what happened to the files."""

from __future__ import annotations

from pathlib import Path

from edgeagent.clock import iso_utc
from edgeagent.errors import Damaged, EdgeAgentError, NotOurDatabase, WrongKey
from edgeagent.services.upkeep.findings import Finding, failed
from edgeagent.store import HistoryStore, Home, LedgerStore
from edgeagent.store.history_schema import HISTORY_SCHEMA
from edgeagent.store.home_files import database_file, log_of
from edgeagent.store.ledger_schema import LEDGER_SCHEMA
from edgeagent.store.wal_scan import scan_log

__all__ = [
    "deletions_found",
    "files_found",
    "history_found",
    "is_unfit",
    "ledger_found",
    "log_found",
]


def log_found(directory: Path, database: str) -> Finding:
    """Say whether a log that nobody has opened yet verifies."""
    path = log_of(database_file(directory, database))
    name = f"{database} log"
    try:
        scan = scan_log(path)
    except EdgeAgentError as error:
        return failed(name, error)
    if scan.lost:
        return Finding(
            name=name,
            status="warning",
            message=f"{path.name} ends in a write that does not verify: the power went, "
            "or the file is damaged; the last events may be missing",
            hint="nothing to do; if it happens again, check the storage of this machine",
        )
    return Finding(name=name, status="ok", message="verifies")


def ledger_found(ledger: LedgerStore) -> Finding:
    """Verify pages, chain and anchor, and read every decision."""
    broken = ledger.integrity_errors()
    if broken:
        return _broken("ledger", broken, "restore ledger.db and ledger.anchor together")
    ledger.check()
    ledger.consents()  # decoded, row by row
    version = ledger.schema_version()
    message = f"whole, agrees with its anchor, schema {version}"
    unknown = ledger.unknown_purposes()
    if unknown:
        return Finding(
            name="ledger",
            status="warning",
            message=f"{message}; skipped are decisions about {', '.join(unknown)}, which this "
            "version does not know",
            hint="nothing to do here: they are kept for the version that wrote them",
        )
    return _whole("ledger", message, LEDGER_SCHEMA.later_steps(version))


def history_found(home: Home) -> Finding:
    """Verify pages, and read every row."""
    try:
        broken = home.history.integrity_errors()
    except (Damaged, NotOurDatabase, WrongKey) as error:
        return Finding(
            name="history",
            status="failed",
            message=str(error),
            hint="restore it from a backup, or set it aside: edgeagent doctor --repair",
        )
    if broken:
        return _broken("history", broken, "set it aside: edgeagent doctor --repair")
    profiles = home.history.profiles()
    for profile in profiles:
        _decode_all(home.history, profile.name)
    version = home.history.schema_version()
    message = f"whole, {len(profiles)} profiles, schema {version}"
    return _whole("history", message, HISTORY_SCHEMA.later_steps(version))


def files_found(ledger: LedgerStore) -> Finding:
    """Say what happened to the files that nobody has seen to."""
    problems = ledger.store_problems()
    if not problems:
        return Finding(name="files", status="ok", message="none was put back or cut short")
    return Finding(
        name="files",
        status="failed" if ledger.is_history_put_back() else "warning",
        message="; ".join(
            f"{note.detail}, noticed on {iso_utc(note.at)[:10]}: {note.words}" for note in problems
        ),
        hint="edgeagent doctor --repair, which sets a history that was put back aside; or "
        "edgeagent doctor --accept, which keeps it",
    )


def is_unfit(home: Home) -> bool:
    """Say whether the history is damaged, or was put back."""
    try:
        return bool(home.history.integrity_errors()) or home.ledger.is_history_put_back()
    except (Damaged, NotOurDatabase, WrongKey):
        return True


def _decode_all(history: HistoryStore, profile: str) -> None:
    """Read whatever is kept of a profile; what cannot be read raises."""
    for _ in history.kept(profile):
        pass
    history.marked(profile)
    history.last_picks(profile)


def _whole(name: str, message: str, later_steps: int) -> Finding:
    if not later_steps:
        return Finding(name=name, status="ok", message=message)
    return Finding(
        name=name,
        status="warning",
        message=f"{message}, {later_steps} more than this version knows: what a later one added "
        "is kept, and not read",
        hint="install that version again when it works; nothing is lost until then",
    )


def _broken(name: str, errors: tuple[str, ...], hint: str) -> Finding:
    return Finding(
        name=name, status="failed", message=f"{len(errors)} broken: {errors[0]}", hint=hint
    )


def deletions_found(ledger: LedgerStore) -> Finding:
    """Say whether something is still to be deleted, or its key to be destroyed."""
    deletions = ledger.deletions
    waiting = len(deletions.intents()) + len(deletions.forgettings())
    if not waiting:
        return Finding(name="deletions", status="ok", message="none is left to be finished")
    return Finding(
        name="deletions",
        status="warning",
        message=f"{waiting} were begun and are not finished: something may still be there, or lies "
        "under a data key that is not destroyed",
        hint="stop the service and every other edgeagent process, and start one: it goes on",
    )
