"""The profile lock: a PIN without which nothing is widened, off until a household chooses one.

It is asked for by whatever makes the box know more or show more: switching to a profile that is
shown more, or to another adult's, granting a purpose, keeping viewings for longer, another age
limit, erasing a profile. It is never asked for by what narrows: withdrawing, a private session,
erasing everything. The latter is the way out of a forgotten PIN, after a countdown.

The lock is kept in the ledger, which outlives every erasure but that of the whole box. Its delays
are measured in boot time, which nobody sets: a clock set to 2100 ends none, and a restart begins
the last one again at worst.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import msgspec
from cryptography.exceptions import InvalidKey
from msgspec import Meta

from edgeagent.clock import Clock
from edgeagent.errors import CountingDown, InputError, ProfileLocked, TooManyTries, WrongPin
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Seconds
from edgeagent.services.state_store import StateStore
from edgeagent.store import LedgerStore

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

__all__ = ["COUNTDOWN_SECONDS", "FREE_TRIES", "LockState", "ProfileLock", "delay_after"]

FREE_TRIES = 3
"""Wrong PINs without a delay: people mistype on a remote control."""
_FIRST_DELAY_SECONDS = 60
_LONGEST_DELAY_SECONDS = 3600
"""24 tries a day: half of all PINs of four digits take 208 days around the clock, of six digits 57
years. Longer ones would let a child lock its parents out for a day."""
COUNTDOWN_SECONDS = 60
"""Before everything may be erased: time to stop what was not meant, or what a child began, by any
right PIN."""
_COUNTED_DOWN_SECONDS = 600
"""For so long after the countdown everything may be erased; then it begins again."""
_MOST_DIGITS, _FEWEST_DIGITS = 12, 4

_LOG2_N, _R, _P = 14, 8, 1
"""What RFC 7914 names where a person waits: 16 MiB, and 0.04 s on a core of a server, so a few
tenths of a second on a set-top box, in which viewings wait for their answer. OWASP asks five times
as much (p = 5) of servers, and more memory would be a third of what the service may have. It slows
down only who has the ledger and its key, where four digits last minutes either way; delays do the
rest."""
_SALT_BYTES, _DIGEST_BYTES = 16, 32
_STATE_NAME = "profile lock"
_CAP_BYTES = 4096


class _BootMoment(KeptMessage, frozen=True, kw_only=True):
    """A moment that no clock can move."""

    boot_id: str = ""
    boot_seconds: Seconds = 0


class _Pin(KeptMessage, frozen=True, kw_only=True):
    """What a PIN is compared with, and how that was made: later releases may make it costlier."""

    salt: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    log2_n: Annotated[int, Meta(ge=10, le=17)] = _LOG2_N
    r: Annotated[int, Meta(ge=1, le=16)] = _R
    p: Annotated[int, Meta(ge=1, le=16)] = _P


class _Kept(KeptMessage, frozen=True, kw_only=True):
    """The lock as it is stored."""

    pin: _Pin | None = None
    tries: Annotated[int, Meta(ge=0)] = 0
    """PINs tried since the last right one; counted before they are compared, so that no power cut
    gives one back."""
    tried: _BootMoment = _BootMoment()
    erase_asked: _BootMoment | None = None
    """When the countdown began after which everything may be erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockState:
    """How the lock stands."""

    on: bool
    wrong_tries: int
    """Since the last right PIN."""
    wait_seconds: int
    """Until the next try counts."""


class ProfileLock:
    """Asks for the PIN of a box."""

    def __init__(self, ledger: LedgerStore, *, clock: Clock) -> None:
        """Keep the lock in ``ledger``."""
        self._clock = clock
        self._states = StateStore(ledger, _STATE_NAME, _Kept, cap_bytes=_CAP_BYTES)

    def state(self) -> LockState:
        """Return how it stands."""
        kept = self._states.load()
        wait = self._wait_seconds(kept)
        return LockState(on=kept.pin is not None, wrong_tries=kept.tries, wait_seconds=wait)

    def require(self, pin: str | None) -> None:
        """Raise unless there is no lock, or this is its PIN.

        Raises:
            ProfileLocked: no PIN was given.
            TooManyTries: it was not compared; the message says how long to wait.
            WrongPin: it is another one.
            InputError: it cannot be a PIN; this counts as no try.
            DiskFull: the try could not be counted, so it was not compared.

        """
        if self._states.load().pin is None:
            return
        if pin is None:
            raise ProfileLocked(
                "the profile lock asks for its PIN",
                hint="give the PIN; where it is forgotten, erasing everything removes it",
            )
        _require_digits(pin)
        taken = self._states.change(self._with_one_more_try)
        if taken.pin is None:
            return  # another process has removed it meanwhile
        if not _is(pin, taken.pin):
            raise WrongPin(
                f"this is not the PIN of the profile lock; {_tries_left(taken.tries)}",
                hint="where it is forgotten, erasing everything removes it",
            )
        # Tries that were counted while this one was compared stay counted. A countdown that a child
        # began ends here.
        self._states.change(
            lambda now: msgspec.structs.replace(
                now, tries=max(0, now.tries - taken.tries), erase_asked=None
            )
        )

    def choose(self, new_pin: str | None, *, pin: str | None = None) -> LockState:
        """Set a PIN, or ``None`` for no lock; the present PIN is asked for where there is one.

        Raises:
            ProfileLocked: as :meth:`require`, or another process has changed the lock meanwhile.
            InputError: it cannot be a PIN.

        """
        before = self._states.load().pin
        self.require(pin)
        made = None if new_pin is None else _made(new_pin)
        self._states.change(partial(_chosen, before, made))
        return self.state()

    def countdown(self) -> int:
        """Return in how many seconds everything may be erased; the first call begins to count.

        0 where there is no lock. Restarting the box begins it again.
        """
        kept = self._states.load()
        if kept.pin is None:
            return 0
        now = self._moment()
        asked = kept.erase_asked
        if asked is not None and asked.boot_id == now.boot_id:
            passed = now.boot_seconds - asked.boot_seconds
            if 0 <= passed < COUNTDOWN_SECONDS + _COUNTED_DOWN_SECONDS:
                return max(0, COUNTDOWN_SECONDS - passed)
        self._states.update(erase_asked=now)
        return COUNTDOWN_SECONDS

    def require_countdown(self) -> None:
        """Raise unless everything may be erased now; the first call begins to count.

        Raises:
            CountingDown: the message says how long it still has to wait.

        """
        if seconds := self.countdown():
            raise CountingDown(
                f"there is a profile lock: everything can be erased in {seconds} seconds",
                hint="ask again then, within ten minutes; the PIN is not needed",
            )

    def _with_one_more_try(self, now: _Kept) -> _Kept:
        if seconds := self._wait_seconds(now):
            raise TooManyTries(
                f"{now.tries} wrong PINs: the next one counts in {seconds} seconds",
                hint="wait; a restart or another clock does not shorten it",
            )
        return msgspec.structs.replace(now, tries=now.tries + 1, tried=self._moment())

    def _wait_seconds(self, kept: _Kept) -> int:
        since, now = kept.tried, self._moment()
        # A sandbox may give every boot the same id; boot time that went back tells of another one.
        same_boot = since.boot_id == now.boot_id and since.boot_seconds <= now.boot_seconds
        passed = now.boot_seconds - (since.boot_seconds if same_boot else 0)
        return max(0, delay_after(kept.tries) - passed)

    def _moment(self) -> _BootMoment:
        return _BootMoment(
            boot_id=self._clock.boot_id(), boot_seconds=int(self._clock.boot_seconds())
        )


def delay_after(tries: int) -> int:
    """Return how many seconds pass between a number of wrong PINs and the next try."""
    if tries < FREE_TRIES:
        return 0
    doublings = min(tries - FREE_TRIES, 10)  # far past the longest; a power of any number is slow
    return min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS << doublings)


def _tries_left(tries: int) -> str:
    left = FREE_TRIES - tries
    if left > 0:
        return f"{left} more can be tried at once"
    return f"the next one counts in {delay_after(tries)} seconds"


def _chosen(before: _Pin | None, made: _Pin | None, now: _Kept) -> _Kept:
    if now.pin != before:
        raise ProfileLocked(
            "the profile lock was changed by another process at the same time; nothing was changed",
            hint="look how it stands, then try again",
        )
    return _Kept(pin=made)


def _require_digits(pin: str) -> None:
    """Raise if it cannot be a PIN; the error does not name it."""
    if not (pin.isascii() and pin.isdigit() and _FEWEST_DIGITS <= len(pin) <= _MOST_DIGITS):
        raise InputError(
            f"a PIN has {_FEWEST_DIGITS} to {_MOST_DIGITS} digits and nothing else",
            hint="the digits of a remote control; longer ones are harder to guess",
        )


def _made(pin: str) -> _Pin:
    _require_digits(pin)
    salt = os.urandom(_SALT_BYTES)
    digest = _scrypt(salt, log2_n=_LOG2_N, r=_R, p=_P).derive(pin.encode())
    return _Pin(salt=salt.hex(), digest=digest.hex())


def _is(pin: str, kept: _Pin) -> bool:
    """Compare in constant time."""
    made = _scrypt(bytes.fromhex(kept.salt), log2_n=kept.log2_n, r=kept.r, p=kept.p)
    try:
        made.verify(pin.encode(), bytes.fromhex(kept.digest))
    except InvalidKey:
        return False
    return True


def _scrypt(salt: bytes, *, log2_n: int, r: int, p: int) -> Scrypt:
    from cryptography.hazmat.primitives.kdf.scrypt import (  # noqa: PLC0415  (few boxes need it)
        Scrypt,
    )

    return Scrypt(salt=salt, length=_DIGEST_BYTES, n=1 << log2_n, r=r, p=p)
