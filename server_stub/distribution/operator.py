"""What each command is given: the repository, the keys, the time, and how long signatures live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edgeagent.clock import DAY_SECONDS, iso_utc
from edgeagent.errors import InputError
from edgeagent.messages.targets import ISSUED_FIELD
from server_stub.distribution.directory import Published, RepositoryDirectory
from server_stub.distribution.keys import KeyRing, unencrypted

__all__ = ["Lifetimes", "Operator", "issued_at"]

_OLDEST = 1_764_547_200  # 2025-12-01: this program is not older
_LONGEST_USE_DAYS = 3650
"""A program of ten years ago hardly makes its first repository; a clock may have leapt."""
_ROOT_DAYS = 730
_LONGEST_PAUSE_DAYS = 400
"""A timestamp is signed every few days; a clock that is a year ahead would be believed by boxes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """Days from signing to expiry."""

    timestamp_days: int = 7
    """How long an attacker who holds traffic back can keep a box at an old state: a long weekend
    without the machine that signs does no harm yet."""
    content_days: int = 180
    """Snapshot, targets and delegated roles: a model is published each quarter, and may be late."""
    root_days: int = _ROOT_DAYS
    """A key from a drawer is fetched every other year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who types a command, and with what."""

    repository: RepositoryDirectory
    keys: KeyRing
    root_keys: KeyRing
    now: int
    """Seconds UTC."""
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    trust_clock: bool = False
    """The operator says that a surprising time is right."""

    @classmethod
    def without_passphrase(
        cls,
        repository: Path,
        keys: Path,
        *,
        now: int,
        lifetime_days: int,
    ) -> Operator:
        """Return one whose keys lie unencrypted in one directory: for tests and simulations.

        Args:
            repository: directory to be served.
            keys: directory of all keys.
            now: seconds UTC, on any clock.
            lifetime_days: of every signature; the root's is two years at least.

        """
        ring = KeyRing([keys], passphrase=unencrypted, repository=repository)
        return cls(
            repository=RepositoryDirectory(repository),
            keys=ring,
            root_keys=ring,
            now=now,
            lifetimes=Lifetimes(
                timestamp_days=lifetime_days,
                content_days=lifetime_days,
                root_days=max(lifetime_days, _ROOT_DAYS),
            ),
            trust_clock=True,
        )

    @contextmanager
    def at_work(self) -> Iterator[Published | None]:
        """Lock the repository and yield its present state.

        Raises:
            InputError: it is locked, does not verify, or the clock cannot be right.

        """
        with self.repository.locked():
            before = self.repository.published()
            if not self.trust_clock:
                self._check_clock(before)
            yield before

    @contextmanager
    def changing(self) -> Iterator[Published]:
        """Do the same where there has to be a repository already.

        Raises:
            InputError: see :meth:`at_work`; or nothing was published yet.

        """
        with self.at_work() as before:
            if before is None:
                raise InputError(
                    f"{self.repository.path} holds no repository",
                    hint="make one with 'server-stub repo init'",
                )
            yield before

    def expires(self, days: int) -> datetime:
        """Return when a signature of today ends that lasts so many days.

        Raises:
            InputError: after the year 9999, which metadata cannot state.

        """
        try:
            return datetime.fromtimestamp(self.now, UTC) + timedelta(days=days)
        except (OverflowError, ValueError) as error:
            raise InputError(
                f"a signature cannot last {days} days from second {self.now} of 1970 on: {error}",
                hint="set the clock",
            ) from error

    def _check_clock(self, before: Published | None) -> None:
        if before is None:
            last, days, what = _OLDEST, _LONGEST_USE_DAYS, "this program is of"
        else:
            last, days, what = issued_at(before), _LONGEST_PAUSE_DAYS, "the last signature:"
        if not last <= self.now <= last + days * DAY_SECONDS:
            raise InputError(
                f"the clock says {iso_utc(self.now)}; {what} {iso_utc(last)}",
                hint="set the clock; if it is right, add --clock-is-right",
            )


def issued_at(published: Published) -> int:
    """Return when the newest timestamp was signed, seconds UTC."""
    issued = published.timestamp.unrecognized_fields.get(ISSUED_FIELD, 0)
    return issued if isinstance(issued, int) else 0
