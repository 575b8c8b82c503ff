"""A home in a temporary directory that can be closed and opened again, and rows to put into it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from edgeagent.clock import iso_utc
from edgeagent.consent import ConsentRecord, Grant, Purpose
from edgeagent.messages import WatchEvent
from edgeagent.messages.fields import MAIN_PROFILE
from edgeagent.store import FileKeyProvider, Home, KeyProvider, LedgerStore
from edgeagent.store.durable import replace_durably
from edgeagent.store.home_files import KEY_FILE_NAME
from edgeagent.testing.randomness import SeededRandomSource

__all__ = ["NOW", "Box"]

NOW = 1_790_000_000
"""When everything happens unless a test says otherwise: 2026-09-21T14:13:20Z, a Monday."""


class Box:
    """A box without services: keys, ledger and history."""

    def __init__(self, directory: Path) -> None:
        """Live in ``directory``, under a key in a file."""
        self.directory = directory
        self.provider: KeyProvider = FileKeyProvider(directory / KEY_FILE_NAME)
        self._opened: list[Home] = []

    def open(
        self,
        *,
        seed: str = "box",
        now: int = NOW,
        write_anchor: Callable[[Path, bytes], None] = replace_durably,
    ) -> Home:
        """Open the home, once more if it is open already, as a second process would."""
        home = Home.open(
            self.directory,
            provider=self.provider,
            now=now,
            random=SeededRandomSource(seed),
            write_anchor=write_anchor,
        )
        self._opened.append(home)
        return home

    def close(self) -> None:
        """Close everything that was opened."""
        while self._opened:
            self._opened.pop().close()

    def files(self) -> dict[str, bytes]:
        """Return the contents of every file of the home, by name."""
        paths = sorted(path for path in self.directory.iterdir() if path.is_file())
        return {path.name: path.read_bytes() for path in paths}

    def grant(self, purpose: Purpose = Purpose.HISTORY, profile: str = MAIN_PROFILE) -> Grant:
        """Return a grant that no gate has minted."""
        return Grant(purpose=purpose, profile=profile, minted_at=NOW, since=NOW)

    def event(
        self,
        entity_id: str,
        watched_on: int = NOW,
        *,
        fraction: float | None = None,
        seconds: int | None = None,
        completed: bool = False,
        profile: str = MAIN_PROFILE,
    ) -> WatchEvent:
        """Return a viewing."""
        return WatchEvent(
            entity_id=entity_id,
            watched_on=watched_on,
            progress_fraction=fraction,
            progress_seconds=seconds,
            completed=completed,
            profile=profile,
        )

    def decision(
        self,
        purpose: Purpose = Purpose.HISTORY,
        *,
        given: bool = True,
        profile: str = MAIN_PROFILE,
        at: int = NOW,
    ) -> ConsentRecord:
        """Return a decision about a purpose."""
        return ConsentRecord(
            profile=profile,
            purpose=purpose,
            event="given" if given else "withdrawn",
            at=at,
            expires_at=at + 1000 if given else at,
            notice_version="1",
            notice_sha256="0" * 64,
            notice_language="en",
        )

    def book(
        self,
        ledger: LedgerStore,
        week: int,
        *,
        odds: Fraction = Fraction(3),
        still: Callable[[], bool] = lambda: True,
    ) -> str:
        """Book a report on ``week`` and return its id; empty where it was not booked."""
        report_id = f"{week:032x}"
        booked = ledger.book(
            week=week,
            odds=odds,
            report_id=report_id,
            task="subset_selection.33.3-1.1",
            body=f"report of week {week}".encode().ljust(512),
            drawn_at=NOW,
            due_at=NOW + 60,
            recipient="https://server.example",
            meaning=f"one session, drawn on {iso_utc(NOW)}",
            still=still,
        )
        return report_id if booked else ""
