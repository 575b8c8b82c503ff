"""``EdgeAgent``: the profile lock, whose PIN is asked for before anything is widened."""

from __future__ import annotations

from edgeagent.api.call import Call
from edgeagent.api.method import Nothing, own
from edgeagent.messages.answers.household import ProfileLockShape
from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import Pin

__all__ = ["METHODS"]


class LockParams(Shape, frozen=True, kw_only=True):
    """A new PIN."""

    new_pin: Pin | None
    """Four to twelve digits; null removes the lock."""
    pin: Pin | None = None
    """The present one, where there is one."""


def _lock(call: Call, params: Nothing) -> ProfileLockShape:
    """Return whether there is a profile lock, and how many wrong PINs were tried."""
    del params
    return ProfileLockShape.of(call.agent.household.lock.state())


def _set_lock(call: Call, params: LockParams) -> ProfileLockShape:
    """Set, change or remove the PIN of the profile lock."""
    return ProfileLockShape.of(call.agent.household.lock.choose(params.new_pin, pin=params.pin))


METHODS = (
    own("profileLock", _lock, Nothing, result_name="lock"),
    own("setProfileLock", _set_lock, LockParams, result_name="lock"),
)
