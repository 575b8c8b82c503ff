"""What a method can use while it runs: the agent, the caller, the clock, and events to publish."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from edgeagent.agent import Agent
from edgeagent.api.caller import Caller
from edgeagent.api.charges import Charges
from edgeagent.api.confirmations import Confirmations
from edgeagent.api.events import history_changed
from edgeagent.api.memory import give_back
from edgeagent.api.playback import Playbacks
from edgeagent.api.rate_limit import RateLimiter
from edgeagent.api.schedule import Conditions
from edgeagent.api.switches import Switches, changes, switches
from edgeagent.clock import Clock
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import EdgeAgentError, LedgerBroken, ModelError
from edgeagent.messages import Title
from edgeagent.messages.fields import MAIN_PROFILE, ErasureReason
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.services.upkeep.erasure import ErasureReceipt

__all__ = ["Call", "NetworkJobs", "Outside", "ServiceState", "notifying_of_changes"]


class NetworkJobs(Protocol):
    """Jobs on the network, each in a process of its own: they load what the resident one must not.

    A job opens the ledger and never the history. ``moment`` is when its first request begins, in
    boot seconds, so that the time of its preparation does not show; ``None``: at once, because a
    caller waits.
    """

    def fetch_update(self, moment: float | None = None) -> None:
        """Fetch and verify what is published; a new model waits to be activated."""
        ...

    def send_reports(self, moment: float | None = None) -> None:
        """Send the reports that are due."""
        ...

    def call_off(self) -> None:
        """End running jobs: the whole box is about to be erased."""
        ...

    def close(self) -> None:
        """End running jobs, and start none any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the service needs besides the agent; tests pass fakes."""

    open_agent: Callable[[], Agent]
    erase_box: Callable[[ErasureReason], ErasureReceipt]
    """Erases the whole box; it must be closed."""
    jobs: NetworkJobs
    look: Callable[[], Conditions]
    """Returns the state of the system around the agent."""
    clock: Clock


class ServiceState:
    """What all calls share."""

    def __init__(self, outside: Outside, *, config: Config, confirmations: Confirmations) -> None:
        """Open the box."""
        self.outside = outside
        self.config = config
        self.confirmations = confirmations
        self.charges = Charges()
        self.rate_limiter = RateLimiter(
            at_once=config.service.viewings_at_once, per_hour=config.service.viewings_per_hour
        )
        self.calls = 0
        """Number of calls so far; the housekeeper frees memory when it stays the same."""
        self.playbacks = Playbacks()
        self.started_at = outside.clock.now()
        self.agent = outside.open_agent()
        self._last_switches = self._switches()

    @property
    def clock(self) -> DeviceClock:
        """The clock of the box."""
        return self.agent.clock

    def new_events(self) -> tuple[tuple[str, object], ...]:
        """Return the events for what has changed since the last call, by any process."""
        before, self._last_switches = self._last_switches, self._switches()
        if before is None or self._last_switches is None:
            return ()
        return tuple(changes(before, self._last_switches))

    def rest(self) -> None:
        """Free the memory that only a busy service needs."""
        self.agent.titles.release()
        self.agent.store_showings()
        self.agent.stores.release_memory()
        give_back()

    def refresh(self) -> None:
        """Read what an update in a child process has learned of the time."""
        self.agent.refresh()

    def knows(self, connection: int) -> bool:
        """Say whether anything is kept in memory for a connection."""
        kept = (self.playbacks, self.charges, self.rate_limiter)
        return any(connection in each for each in kept)

    def leave(self, connection: int) -> tuple[str, ...]:
        """Store what a closed connection was playing; return the profiles whose history changed."""
        self.rate_limiter.leave(connection)
        self.charges.leave(connection)
        self.playbacks.end(connection, agent=self.agent)
        return self.playbacks.take_changed()

    def end_playbacks(self) -> None:
        """Store and forget all playbacks, as far as that succeeds."""
        for connection in self.playbacks.connections:
            with suppress(EdgeAgentError):
                self.playbacks.end(connection, agent=self.agent)

    def private_until(self) -> int | None:
        """Return when the private session ends, if one is on; playbacks do not cross it."""
        self.playbacks.apply_borders(self.agent)
        return self.agent.private.ends_at()

    def end_scoring(self) -> None:
        """End the scoring child, also while it works; from any thread."""
        self.agent.end_scoring()

    def close(self) -> None:
        """Store all playbacks, and close the box."""
        self.end_playbacks()
        with suppress(EdgeAgentError):
            self.agent.retention.on_time.note(stopping=True)
        self.agent.close()

    def erase_box(self, reason: ErasureReason) -> ErasureReceipt:
        """Erase the whole box and begin a new one; jobs on the network are ended."""
        self.outside.jobs.call_off()
        self.agent.close()
        try:
            return self.outside.erase_box(reason)
        finally:
            self.agent = self.outside.open_agent()

    def is_gone(self) -> bool:
        """Say whether another process has erased the box, or begun to; from any thread.

        While it is closed, too: the next one did not open yet.
        """
        return self.agent.stores.are_gone()

    def open_new_box(self) -> tuple[tuple[str, object], ...]:
        """Replace a box that :meth:`is_gone` by a new one, and return the events to publish.

        Raises:
            StorageError: it does not open; the next call tries again.

        """
        if not self.is_gone():
            return ()  # another call was quicker
        self.outside.jobs.call_off()
        self.playbacks.forget_all()
        self.charges = Charges()
        self.agent.close()
        self.agent = self.outside.open_agent()
        return (history_changed(MAIN_PROFILE), *self.new_events())

    def _switches(self) -> Switches | None:
        try:
            return switches(self.agent)
        except LedgerBroken:
            return None  # nothing is granted while it lasts; doctor says what to do


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call in progress."""

    state: ServiceState
    caller: Caller
    connection: int
    """Number of the connection, unique while the service runs."""
    peer: str = ""
    """The user of this system that the connection is from; one name for all unknown ones."""
    app: str | None = None
    """What the viewings that it tells of are stored under; see ``AppName`` in the messages."""
    version: int = 1
    """2 for clients that connected with ``?RPCv2=true``."""
    events: list[tuple[str, object]] = field(default_factory=list)
    """To be published once the call is answered."""

    @property
    def agent(self) -> Agent:
        """The box."""
        return self.state.agent

    @property
    def playbacks(self) -> Playbacks:
        """All playbacks."""
        return self.state.playbacks

    def count_viewings(self, viewings: int) -> None:
        """Count the viewings that an app is about to report.

        Raises:
            TooManyViewings: it, or all apps of its user, have sent too many recently.

        """
        if self.caller is Caller.APP:
            self.state.rate_limiter.take(
                viewings,
                connection=self.connection,
                peer=self.peer,
                now=int(self.state.clock.boot_seconds()),  # which nothing can set
            )

    def now(self) -> int:
        """Seconds UTC."""
        return self.state.clock.now()

    def profile(self, named: str | None = None) -> str:
        """Return the named profile, else the active one."""
        return self.agent.household.active if named is None else named

    def titles(self) -> Callable[[str], Title | None]:
        """Return a look-up of titles in the active catalogue; without one it finds none."""
        try:
            return self.agent.titles.lookup()
        except ModelError:
            return lambda _: None

    def notify_of_viewings(self) -> None:
        """Publish that viewings were stored from playback."""
        self.notify_of_history(*self.playbacks.take_changed())

    def notify_of_history(self, *profiles: str) -> None:
        """Publish that viewings or marks of these profiles have changed."""
        for profile in profiles:
            self.emit(*history_changed(profile))

    def notify_of_withdrawal(self, purpose: Purpose, profile: str) -> None:
        """Publish what a withdrawal has deleted; the change of consent has its own event."""
        if purpose in {Purpose.HISTORY, Purpose.PERSONALIZATION}:
            self.notify_of_history(profile)

    def emit(self, event: str, value: object) -> None:
        """Publish ``event`` once the call is answered."""
        self.events.append((event, value))


@contextmanager
def notifying_of_changes(call: Call) -> Iterator[None]:
    """Publish what a block has changed, also when it ends in an error."""
    try:
        yield
    finally:
        call.events.extend(call.state.new_events())
