"""Doctor: examine a box and say what to do about each problem.

Each examination is independent, so that one failure, such as a database that does not open, does
not hide the others. Nothing is changed; only ``repair`` renames a damaged history.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgeagent.clock import (
    HOUR_SECONDS,
    Clock,
    iso_utc,
    week_of,
    week_start,
)
from edgeagent.config import Config
from edgeagent.errors import Damaged, EdgeAgentError, InputError
from edgeagent.privacy.accounting import MAX_ODDS_PER_YEAR, epsilon, spent
from edgeagent.randomness import RandomSource
from edgeagent.services.household.profile_lock import ProfileLock
from edgeagent.services.models.creatives import CreativesStore
from edgeagent.services.models.installation import Installation, InstallationStore
from edgeagent.services.models.title_index import TitleIndex
from edgeagent.services.timekeeping.aging import GRACE_SECONDS, Aging
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.services.timekeeping.on_time import ON_SECONDS_BETWEEN_DRAWS, OnTime
from edgeagent.services.upkeep.count_health import CountHealthStore
from edgeagent.services.upkeep.findings import Finding, Status, examined, failed
from edgeagent.services.upkeep.key_management import configured_provider, key_statuses
from edgeagent.services.upkeep.model_health import models_found, scoring_found
from edgeagent.services.upkeep.protection_health import ages_found, lock_found
from edgeagent.services.upkeep.settings_check import settings_faults
from edgeagent.services.upkeep.store_health import (
    deletions_found,
    files_found,
    history_found,
    is_unfit,
    ledger_found,
    log_found,
)
from edgeagent.services.upkeep.update_health import (
    creatives_found,
    releases_found,
    stops_found,
    update_found,
)
from edgeagent.store import Home, LedgerStore, Profile
from edgeagent.store.home_files import (
    DATABASES,
    HISTORY,
    KEY_FILE_NAME,
    LEDGER,
    LOCK_NAME,
    MODELS_DIRECTORY,
    database_file,
    holds_box,
)
from edgeagent.store.ownership import foreign_file, user_name
from edgeagent.store.read_only import is_writable

__all__ = ["Doctor", "Finding", "Status"]

_MIN_FREE_BYTES = 8 * 1024 * 1024
_LOW_FREE_BYTES = 64 * 1024 * 1024
_OURS = (f"{KEY_FILE_NAME}*", *(f"{name}.*" for name in DATABASES), LOCK_NAME)


class Doctor:
    """Examines one home."""

    def __init__(
        self,
        directory: Path,
        *,
        config: Config,
        clock: Clock,
        random: RandomSource,
        free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
        can_write: Callable[[Path], bool] = is_writable,
    ) -> None:
        """Examine ``directory``; it is never created.

        Args:
            directory: the home.
            config: its settings.
            clock: the system's.
            random: not used, since a home is opened and never created.
            free_bytes: free space on the file system of a path; tests replace it.
            can_write: whether files can be created in a directory; tests replace it.

        """
        self._directory = directory
        self._config = config
        self._clock = DeviceClock(clock)
        self._random = random
        self._free_bytes = free_bytes
        self._can_write = can_write

    def examine(self) -> tuple[Finding, ...]:
        """Return one finding for each examination, the home's first."""
        if not holds_box(self._directory):
            return (
                Finding(
                    name="home",
                    status="warning",
                    message=f"there is no box in {self._directory} yet",
                    hint="name another with --home, or make one: edgeagent consent show",
                ),
            )
        findings = [
            Finding(name="home", status="ok", message=f"the box in {self._directory}"),
            self._settings(),
            self._permissions(),
            self._free_space(),
            self._keys(),
            scoring_found(self._config),
            log_found(self._directory, LEDGER),
            log_found(self._directory, HISTORY),
        ]
        try:
            with self._opened() as home:
                findings += [
                    examined("ledger", lambda: ledger_found(home.ledger)),
                    examined("history", lambda: history_found(home)),
                    examined("deletions", lambda: deletions_found(home.ledger)),
                    examined("files", lambda: files_found(home.ledger)),
                    examined("clock", lambda: self._time(home)),
                    examined("budget", lambda: self._budget(home.ledger)),
                    examined("counts", lambda: self._counts(home.ledger)),
                    examined("update", lambda: self._update(home)),
                    examined("releases", lambda: releases_found(self._installation(home))),
                    examined("stops", lambda: stops_found(self._installation(home))),
                    examined(
                        "creatives", lambda: creatives_found(CreativesStore(home.ledger).load())
                    ),
                    examined("model", lambda: models_found(self._installations(home))),
                    examined("age limits", lambda: self._ages(home)),
                    examined("profile lock", lambda: self._lock(home)),
                ]
        except EdgeAgentError as error:
            findings.append(failed("ledger", error))
        return tuple(findings)

    def repair(self) -> Path | None:
        """Rename a history that is damaged or was restored from a copy; a new one can begin.

        This also settles the recorded problems of the files.

        Returns:
            Its new path, or ``None`` if there was nothing to set aside.

        Raises:
            StorageError: the ledger does not open; nothing was changed.

        """
        with self._opened() as home:
            kept = None
            if is_unfit(home):
                kept = home.set_aside_history(now=self._clock.now())
            home.settle_store_problems()
            return kept

    def accept(self) -> bool:
        """Accept a history that was restored from a copy as the present one.

        Returns:
            Whether there was any recorded problem of the files.

        Raises:
            StorageError: the ledger does not open, or is broken; nothing was changed.

        """
        with self._opened() as home:
            home.ledger.check()  # this opens the history and compares the two
            had = bool(home.ledger.store_problems())
            home.settle_store_problems()
            return had

    @contextmanager
    def _opened(self) -> Iterator[Home]:
        ledger = database_file(self._directory, LEDGER)
        if not ledger.exists():
            raise Damaged(
                f"{ledger} is missing",
                hint="restore it with its key and anchor, or start again empty: erase --scope all",
            )
        home = Home.open(
            self._directory,
            provider=configured_provider(self._directory, self._config),
            now=self._clock.now(),
            random=self._random,
        )
        try:
            with suppress(EdgeAgentError):
                self._installations(home).tell_time(self._clock)
            yield home
        finally:
            home.close()

    def _installation(self, home: Home) -> Installation:
        return self._installations(home).load()

    def _installations(self, home: Home) -> InstallationStore:
        return InstallationStore(home.ledger, self._directory / MODELS_DIRECTORY)

    def _update(self, home: Home) -> Finding:
        return update_found(self._installation(home), now=self._clock.now())

    def _ages(self, home: Home) -> Finding:
        titles = TitleIndex(self._installations(home)).all
        return ages_found(_profiles(home), titles, teens=self._config.teen_max_age_rating)

    def _lock(self, home: Home) -> Finding:
        state = ProfileLock(home.ledger, clock=self._clock).state()
        return lock_found(state, _profiles(home), teens=self._config.teen_max_age_rating)

    def _settings(self) -> Finding:
        faults = settings_faults(self._config)
        return Finding(
            name="settings",
            status="warning" if faults else "ok",
            message="; ".join(map(str, faults)) or "every file, user and program they name exists",
            hint=faults[0].hint if faults else "",
        )

    def _permissions(self) -> Finding:
        ours = [path for pattern in _OURS for path in sorted(self._directory.glob(pattern))]
        open_to_others = [
            path
            for path in (self._directory, *ours)
            if stat.S_IMODE(path.lstat().st_mode) & (0o022 if path == self._directory else 0o077)
        ]
        foreign = next(filter(None, map(foreign_file, (self._directory, *ours))), None)
        if foreign is not None:
            return failed("permissions", foreign)
        home_owner = self._directory.stat().st_uid
        strays = [path for path in ours if path.lstat().st_uid != home_owner]
        if strays:
            owner, whose = (user_name(p.lstat().st_uid) for p in (self._directory, strays[0]))
            return Finding(
                name="permissions",
                status="warning",
                message=f"{strays[0]} belongs to {whose}, its home to {owner}",
                hint=f"chown -R {owner} {self._directory}, and run commands as {owner}",
            )
        if open_to_others:
            first = open_to_others[0]
            return Finding(
                name="permissions",
                status="warning",
                message=f"{first} can be accessed by others than its owner",
                hint=f"chmod go-rwx {first}",
            )
        return Finding(
            name="permissions", status="ok", message="only their owner can access the files"
        )

    def _free_space(self) -> Finding:
        if not self._can_write(self._directory):
            return Finding(
                name="free space",
                status="failed",
                message=f"{self._directory} is read-only: nothing is stored",
                hint="mount that file system writable",
            )
        free = self._free_bytes(self._directory)
        message = f"{free / 1024 / 1024:.0f} MiB free"
        if free < _LOW_FREE_BYTES:
            return Finding(
                name="free space",
                status="failed" if free < _MIN_FREE_BYTES else "warning",
                message=message,
                hint="free some space on that file system; without it nothing new is stored",
            )
        return Finding(name="free space", status="ok", message=message)

    def _keys(self) -> Finding:
        try:
            provider = configured_provider(self._directory, self._config)
        except InputError as error:
            return failed("keys", error)
        statuses = key_statuses(self._directory, provider)
        for key in statuses:
            if key.state == "fails":
                return Finding(name="keys", status="failed", message=key.problem, hint=key.hint)
        message = f"provider {provider.name}: {statuses[0].strength}"
        if provider.name != "file":
            return Finding(name="keys", status="ok", message=message)
        return Finding(
            name="keys",
            status="warning",
            message=message,
            hint="where the box has a TPM or TEE: key_provider credential or command, keys rotate",
        )

    def _time(self, home: Home) -> Finding:
        now = iso_utc(self._clock.now())
        if self._clock.is_known():
            return Finding(name="clock", status="ok", message=f"{now}, confirmed by the server")
        known = Aging(home.ledger, clock=self._clock).known()
        if known is None:
            return Finding(
                name="clock",
                status="warning",
                message=f"{now}, not confirmed by a server: nothing is reported; viewings past "
                "retention are hidden at once and deleted after "
                f"{GRACE_SECONDS // HOUR_SECONDS} hours of on-time, or twice that",
                hint="edgeagent model update",
            )
        return Finding(
            name="clock",
            status="warning",
            message=f"{now} is not what the server confirmed: nothing is reported, and viewings "
            f"are deleted by age as of {iso_utc(known)}, which is certain",
            hint="set the clock of this machine, then: edgeagent model update",
        )

    def _budget(self, ledger: LedgerStore) -> Finding:
        week = week_of(self._clock.now())
        year = spent(ledger.debits(), last_week=week)
        first = ledger.calendar(now=self._clock.now()).first_week
        message = f"epsilon {epsilon(year):.2f} of {epsilon(MAX_ODDS_PER_YEAR):.2f} in 52 weeks"
        if week < first:
            message += f"; silent until {iso_utc(week_start(first))[:10]}"
        on_seconds = OnTime(ledger, clock=self._clock).seconds_since_draw()
        if on_seconds < ON_SECONDS_BETWEEN_DRAWS:
            hours, least = on_seconds // HOUR_SECONDS, ON_SECONDS_BETWEEN_DRAWS // HOUR_SECONDS
            message += f"; on for {hours} of {least} hours before the next draw"
        waiting = len(ledger.outbox())
        return Finding(name="budget", status="ok", message=f"{message}; {waiting} reports wait")

    def _counts(self, ledger: LedgerStore) -> Finding:
        health = CountHealthStore(ledger).load()
        if not health.failed:
            return Finding(name="counts", status="ok", message="no reporting week failed to count")
        return Finding(
            name="counts",
            status="warning",
            message=f"{health.failed} reporting weeks in a row could not be counted and left as "
            f'"none", the last on {iso_utc(health.at)}: {health.reason}',
            hint="edgeagent model update; if it happens again, report it to the task's publisher",
        )


def _profiles(home: Home) -> tuple[Profile, ...] | None:
    """Return the profiles; none where the history does not open, which is a finding of its own."""
    try:
        return home.history.profiles()
    except EdgeAgentError:
        return None
