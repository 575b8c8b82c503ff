"""The health of a home's stores: pages, rows, write-ahead logs, and problems of the files."""

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
    """Return whether a write-ahead log verifies; to be called before the database is opened."""
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
            message=f"{path.name} ends in a write that does not verify after a power cut, "
            "or because the file is damaged; the last events may be missing",
            hint="nothing to do; if it happens again, check the storage of this machine",
        )
    return Finding(name=name, status="ok", message="verifies")


def ledger_found(ledger: LedgerStore) -> Finding:
    """Verify pages, chain and anchor, and decode every decision."""
    broken = ledger.integrity_errors()
    if broken:
        return _broken("ledger", broken, "restore ledger.db and ledger.anchor together")
    ledger.check()
    ledger.consents()  # decodes every row
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
    """Verify pages, and decode every row."""
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
    """Return the recorded problems of the files that are not settled yet."""
    problems = ledger.store_problems()
    if not problems:
        return Finding(
            name="files", status="ok", message="none was restored from a copy or cut short"
        )
    return Finding(
        name="files",
        status="failed" if ledger.is_history_put_back() else "warning",
        message="; ".join(
            f"{note.detail}, noticed on {iso_utc(note.at)[:10]}: {note.words}" for note in problems
        ),
        hint="edgeagent doctor --repair, which sets a restored history aside; or "
        "edgeagent doctor --accept, which keeps it",
    )


def is_unfit(home: Home) -> bool:
    """Return whether the history is damaged or was restored from a copy."""
    try:
        return bool(home.history.integrity_errors()) or home.ledger.is_history_put_back()
    except (Damaged, NotOurDatabase, WrongKey):
        return True


def _decode_all(history: HistoryStore, profile: str) -> None:
    """Decode all data of a profile; raises on the first row that cannot be decoded."""
    for _ in history.kept(profile):
        pass
    history.marked(profile)
    history.last_picks(profile)
    history.weeks.read(profile)


def _whole(name: str, message: str, later_steps: int) -> Finding:
    if not later_steps:
        return Finding(name=name, status="ok", message=message)
    return Finding(
        name=name,
        status="warning",
        message=f"{message}, {later_steps} more than this version knows: what the later one added "
        "is kept but not read",
        hint="install that version again when it works; nothing is lost until then",
    )


def _broken(name: str, errors: tuple[str, ...], hint: str) -> Finding:
    return Finding(
        name=name, status="failed", message=f"{len(errors)} broken: {errors[0]}", hint=hint
    )


def deletions_found(ledger: LedgerStore) -> Finding:
    """Return whether a deletion, or the destruction of a key, is still unfinished."""
    deletions = ledger.deletions
    waiting = len(deletions.intents()) + len(deletions.forgettings())
    if not waiting:
        return Finding(name="deletions", status="ok", message="none is unfinished")
    return Finding(
        name="deletions",
        status="warning",
        message=f"{waiting} were begun and are not finished: some data may still exist, or be "
        "under a data key that is not destroyed",
        hint="stop the service and every other edgeagent process, and start one: it finishes them",
    )
