"""Export everything into one file, and import it without widening any consent.

Imported viewings never enter a report. Imported debits count against this box's budget. Imported
consents are shown but not in force: the household is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from edgeagent.consent import ConsentRecord, Purpose, latest_decisions
from edgeagent.errors import (
    DiskFull,
    InputError,
    MalformedMessage,
    OutputError,
    WrongOwner,
)
from edgeagent.messages import WatchEvent, canonical_bytes
from edgeagent.privacy.accounting import MAX_ODDS_PER_REPORT, Debit
from edgeagent.promotion.showing import Showing
from edgeagent.regular_file import read_regular
from edgeagent.services.context import BoxContext
from edgeagent.services.household.profiles import HouseholdStateStore, free_name
from edgeagent.services.household.retention import Retention
from edgeagent.services.upkeep.export_format import (
    EXPORT_CAP_BYTES,
    BoxExport,
    ExportedCreativeMark,
    ExportedEntry,
    ExportedMark,
    ExportedPicks,
    ExportedProfile,
    ExportedReport,
    ExportedShowing,
    ExportedViewing,
    ExportedWeek,
    decode_export,
)
from edgeagent.services.upkeep.import_gate import Intake, LeftOut
from edgeagent.store import Disclosure, Entry, HistoryStore
from edgeagent.store.durable import create_durably

__all__ = ["Imported", "Portability", "Progress", "read_export"]

Progress = Callable[[int, int], None]
"""Called with the number of viewings processed and their total."""

_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The outcome of an import."""

    profiles_created: int
    viewings: int
    """Viewings stored now or before; they never enter a report."""
    left_out: LeftOut
    viewings_waiting: int
    """Viewings not stored, because their profile has not granted ``history`` on this box."""
    waiting_profiles: tuple[str, ...]
    marks: int
    debits_added: int
    consents_shown: tuple[ConsentRecord, ...]
    """The latest decisions in the file; none is in force here."""


class Portability:
    """Exports a household's data from a box and imports it into another."""

    def __init__(self, box: BoxContext, *, retention: Retention) -> None:
        """Serve ``box``; ``retention`` applies the exported retention period."""
        self._box = box
        self._retention = retention

    def export_to(
        self, path: Path | str, *, progress: Progress = lambda _done, _total: None
    ) -> int:
        """Write everything into a new file that only its owner can read.

        Returns:
            Its size in bytes.

        Raises:
            InputError: the file exists, and is left unchanged, or the directory does not.
            OutputError: nothing was written.

        """
        path = Path(path)
        if path.exists():
            raise _taken(path)
        if not path.parent.is_dir():
            raise InputError(f"{path.parent} is not a directory", hint="create it first")
        data = canonical_bytes(self.export(progress=progress))
        try:
            create_durably(path, data)
        except FileExistsError as error:
            raise _taken(path) from error
        except (DiskFull, WrongOwner) as error:
            raise OutputError(str(error), hint=error.hint) from error
        return len(data)

    def export(self, *, progress: Progress = lambda _done, _total: None) -> BoxExport:
        """Return everything this box stores about its household, and every report it made."""
        history, ledger = self._box.home.history, self._box.home.ledger
        state = HouseholdStateStore(ledger).load()
        profiles, since = history.profiles(), self._box.home.shown.since()
        count = _Counter(progress, sum(history.count(profile.name) for profile in profiles))
        return BoxExport(
            exported_at=self._box.clock.now(),
            active_profile=state.active,
            retention_days=state.retention_days,
            profiles=tuple(
                ExportedProfile(
                    name=profile.name,
                    kind=profile.kind,
                    age_limit=profile.age_limit,
                    created_at=profile.created_at,
                    viewings=tuple(_viewings(history, profile.name, count)),
                    marks=tuple(
                        ExportedMark(entity_id=m.entity_id, mark=m.mark, marked_at=m.marked_at)
                        for m in history.marked(profile.name)
                    ),
                    last_picks=_last_picks(history, profile.name),
                    week_list=_week_list(history, profile.name),
                    shown=tuple(map(_showing, history.showings.read(profile.name, since=since))),
                    hidden_creatives=tuple(
                        ExportedCreativeMark(kind=m.kind, name=m.name, marked_at=m.marked_at)
                        for m in history.showings.hidden(profile.name)
                    ),
                )
                for profile in profiles
            ),
            consents=ledger.consents(),
            ledger=tuple(_entry(entry) for entry in ledger.entries()),
            reports=tuple(_report(item) for item in ledger.disclosures()),
        )

    def import_(
        self,
        exported: BoxExport | Path | str,
        *,
        progress: Progress = lambda _done, _total: None,
    ) -> Imported:
        """Import profiles, marks, debits, and the viewings of profiles that consent here.

        The exported retention applies if it is shorter than here.

        It is idempotent: an interrupted import, or one that waited for a consent, can be repeated.

        Args:
            exported: an export, or the file that holds it.
            progress: is told how many viewings of how many are stored.

        Raises:
            InputError: a profile exists here with another kind, or the file cannot be read; nothing
                was changed.
            MalformedMessage: the file is no export, or has a debit of an amount that no ledger
                books; nothing was changed.
            LedgerBroken: debits cannot be added; nothing was changed.
            ConsentRequired, StorageError: something was withdrawn or deleted while it ran; what was
                imported before stays unless that deleted it, and the error says how much it was.

        """
        given = exported if isinstance(exported, BoxExport) else read_export(exported)
        debits = [_debit(entry) for entry in given.ledger if entry.entry != "missed"]
        missing = self._missing(given)
        added = self._box.home.ledger.import_debits(debits, at=self._box.clock.now())
        for profile in missing:
            free_name(self._box.home.ledger, profile.name, at=self._box.clock.now())
            self._box.home.history.create_profile(
                profile.name,
                kind=profile.kind,
                at=profile.created_at,
                after=self._box.home.ledger.deletions.last(),
            )
        for profile in given.profiles:
            self._limit(profile)
        self._retention.narrow(given.retention_days)
        count = _Counter(progress, sum(len(profile.viewings) for profile in given.profiles))
        intake = Intake(self._box)
        waiting = []
        for profile in given.profiles:
            for mark in profile.marks:
                intake.mark(profile.name, mark)
            for hidden in profile.hidden_creatives:
                intake.hide(profile.name, hidden)
            if not profile.viewings:
                continue
            if self._box.gate.holds(Purpose.HISTORY, profile=profile.name):
                _store(intake, profile, count)
            else:
                waiting.append(profile)
        return Imported(
            profiles_created=len(missing),
            viewings=intake.viewings,
            left_out=intake.left_out(),
            viewings_waiting=sum(len(profile.viewings) for profile in waiting),
            waiting_profiles=tuple(profile.name for profile in waiting),
            marks=sum(len(p.marks) + len(p.hidden_creatives) for p in given.profiles),
            debits_added=added,
            consents_shown=latest_decisions(given.consents),
        )

    def _limit(self, profile: ExportedProfile) -> None:
        """Take over an age limit if it is lower than here, so that no PIN is needed."""
        history = self._box.home.history
        here = history.profile(profile.name).age_limit
        if profile.age_limit is not None and (here is None or profile.age_limit < here):
            history.set_age_limit(profile.name, profile.age_limit)

    def _missing(self, given: BoxExport) -> list[ExportedProfile]:
        """Return the profiles to create; raise if an existing one has another kind."""
        there = {profile.name: profile.kind for profile in self._box.home.history.profiles()}
        for profile in given.profiles:
            if there.get(profile.name, profile.kind) != profile.kind:
                raise InputError(
                    f"profile {profile.name!r} is {profile.kind} in the file and "
                    f"{there[profile.name]} here",
                    hint="rename the one here: edgeagent profile rename",
                )
        return [profile for profile in given.profiles if profile.name not in there]


def _store(intake: Intake, profile: ExportedProfile, count: _Counter) -> None:
    for start in range(0, len(profile.viewings), _BATCH):
        batch = profile.viewings[start : start + _BATCH]
        intake.store(profile.name, [_event(viewing, profile.name) for viewing in batch])
        count.advance(len(batch))


def read_export(path: Path | str) -> BoxExport:
    """Read an export file.

    Raises:
        InputError: it cannot be read, is not a regular file, or exceeds the size limit.
        MalformedMessage: it is not an export; the message has the path of the field at fault.

    """
    try:
        data = read_regular(path, cap_bytes=EXPORT_CAP_BYTES)
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}", hint="give a file that 'edgeagent export' has written"
        ) from error
    try:
        return decode_export(data)
    except MalformedMessage as error:
        raise MalformedMessage(
            f"{path} is no export: {error}",
            hint="give a file that 'edgeagent export' has written; export --schema prints its form",
        ) from error


class _Counter:
    """Counts viewings and calls ``progress``."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def advance(self, number: int) -> None:
        before = self._done // _BATCH
        self._done += number
        if self._done // _BATCH > before or self._done == self._total:
            self._progress(self._done, self._total)


def _viewings(history: HistoryStore, profile: str, count: _Counter) -> Iterator[ExportedViewing]:
    for kept in history.kept(profile):
        viewing = kept.viewing
        yield ExportedViewing(
            entity_id=viewing.entity_id,
            watched_on=viewing.watched_on,
            progress_fraction=viewing.progress_fraction,
            progress_seconds=viewing.progress_seconds,
            completed=viewing.completed,
            source=kept.source,
            teen=kept.teen,
            app=kept.app,
        )
        count.advance(1)


def _event(viewing: ExportedViewing, profile: str) -> WatchEvent:
    return WatchEvent(
        entity_id=viewing.entity_id,
        watched_on=viewing.watched_on,
        progress_fraction=viewing.progress_fraction,
        progress_seconds=viewing.progress_seconds,
        completed=viewing.completed,
        profile=profile,
        age_policy="app:teen" if viewing.teen else None,
        app=viewing.app,
    )


def _last_picks(history: HistoryStore, profile: str) -> ExportedPicks | None:
    saved = history.last_picks(profile)
    return None if saved is None else ExportedPicks(made_at=saved.made_at, picks=saved.picks)


def _week_list(history: HistoryStore, profile: str) -> ExportedWeek | None:
    saved = history.weeks.read(profile)
    return None if saved is None else ExportedWeek(made_at=saved.made_at, week=saved.week)


def _showing(showing: Showing) -> ExportedShowing:
    return ExportedShowing(
        crid=showing.crid,
        advertiser=showing.advertiser,
        cat=showing.cat,
        placement=showing.placement,
        shown_at=showing.shown.at,
    )


def _entry(entry: Entry) -> ExportedEntry:
    return ExportedEntry(
        week=entry.week,
        entry=entry.entry,
        odds_numerator=None if entry.odds is None else entry.odds.numerator,
        odds_denominator=None if entry.odds is None else entry.odds.denominator,
        entered_at=entry.entered_at,
        reason=entry.reason,
    )


def _debit(entry: ExportedEntry) -> Debit:
    if entry.odds_numerator is None or entry.odds_denominator is None:
        raise _no_debit(entry)
    odds = Fraction(entry.odds_numerator, entry.odds_denominator)
    if not 1 < odds <= MAX_ODDS_PER_REPORT:
        raise _no_debit(entry)
    return Debit(week=entry.week, odds=odds)


def _no_debit(entry: ExportedEntry) -> MalformedMessage:
    return MalformedMessage(
        f"BoxExport: week {entry.week} was {entry.entry} at a cost that no ledger books",
        hint="export again from the box it came from",
    )


def _report(item: Disclosure) -> ExportedReport:
    return ExportedReport(
        report_id=item.report_id,
        week=item.week,
        task=item.task,
        body=item.body.decode(),
        drawn_at=item.drawn_at,
        due_at=item.due_at,
        recipient=item.recipient,
        meaning=item.meaning,
        settled_at=item.settled_at,
        outcome=item.outcome,
        detail=item.detail,
    )


def _taken(path: Path) -> InputError:
    return InputError(f"{path} exists; nothing was written", hint="give a new file name")
