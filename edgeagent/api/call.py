"""What a method sees of the world while it runs: the box, who calls, and where events go."""

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
    """What uses the network: in a process of its own, for it loads what the resident one must not.

    It opens the ledger and never the history. ``moment`` is when its first request begins, in boot
    seconds, so that nothing of how long it took to get there shows; ``None``: at once, because a
    caller waits.
    """

    def fetch_update(self, moment: float | None = None) -> None:
        """Fetch and verify what is published; a new model waits to be tried."""
        ...

    def send_reports(self, moment: float | None = None) -> None:
        """Send what is due."""
        ...

    def call_off(self) -> None:
        """End what runs: the whole box is about to be erased."""
        ...

    def close(self) -> None:
        """End what runs, and run nothing any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the service reaches past the agent for; tests hand in something smaller."""

    open_agent: Callable[[], Agent]
    erase_box: Callable[[ErasureReason], ErasureReceipt]
    """Erases the whole box while it is closed."""
    jobs: NetworkJobs
    look: Callable[[], Conditions]
    """Says how things stand outside the agent."""
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
        """How many there were: one that has not changed for a while means an idle evening."""
        self.playbacks = Playbacks()
        self.started_at = outside.clock.now()
        self.agent = outside.open_agent()
        self._last_switches = self._switches()

    @property
    def clock(self) -> DeviceClock:
        """What time it is in the box."""
        return self.agent.clock

    def new_events(self) -> tuple[tuple[str, object], ...]:
        """Return the events that tell of what changed since this was last asked, in any process."""
        before, self._last_switches = self._last_switches, self._switches()
        if before is None or self._last_switches is None:
            return ()
        return tuple(changes(before, self._last_switches))

    def rest(self) -> None:
        """Give back what only a busy service needs to keep in memory."""
        self.agent.titles.release()
        self.agent.stores.release_memory()
        give_back()

    def refresh(self) -> None:
        """Take in what an update in a child process has learned of the time."""
        self.agent.refresh()

    def knows(self, connection: int) -> bool:
        """Say whether a connection has told of anything that is kept in memory."""
        kept = (self.playbacks, self.charges, self.rate_limiter)
        return any(connection in each for each in kept)

    def leave(self, connection: int) -> tuple[str, ...]:
        """A connection has gone: what it played is stored, for the profiles that are returned."""
        self.rate_limiter.leave(connection)
        self.charges.leave(connection)
        self.playbacks.end(connection, agent=self.agent)
        return self.playbacks.take_changed()

    def end_playbacks(self) -> None:
        """Store and forget what is being played, as far as that succeeds."""
        for connection in self.playbacks.connections:
            with suppress(EdgeAgentError):
                self.playbacks.end(connection, agent=self.agent)

    def private_until(self) -> int | None:
        """Return when the private session ends, if there is one; what plays does not cross that."""
        self.playbacks.apply_borders(self.agent)
        return self.agent.private.ends_at()

    def end_scoring(self) -> None:
        """End the scoring child, also while it is at work; from any thread."""
        self.agent.end_scoring()

    def close(self) -> None:
        """Store what is being played, and close the box."""
        self.end_playbacks()
        with suppress(EdgeAgentError):
            self.agent.retention.on_time.note(stopping=True)
        self.agent.close()

    def erase_box(self, reason: ErasureReason) -> ErasureReceipt:
        """Erase the whole box and begin a new one; what is on its way is called off."""
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
        """Let go of all of a box that :meth:`is_gone`, serve a new one, and return what to tell.

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
    """Tells connections apart; the same number as long as one lasts."""
    peer: str = ""
    """Whose connection it is: a user of this system, or the WebSocket, where all are alike."""
    version: int = 1
    """2 for clients that connected with ``?RPCv2=true``."""
    events: list[tuple[str, object]] = field(default_factory=list)
    """What to tell listeners once the call is done."""

    @property
    def agent(self) -> Agent:
        """The box."""
        return self.state.agent

    @property
    def playbacks(self) -> Playbacks:
        """What is being played."""
        return self.state.playbacks

    def count_viewings(self, viewings: int) -> None:
        """Count what an app is about to tell.

        Raises:
            TooManyViewings: it, or all apps of its user, have sent too many recently.

        """
        if self.caller is Caller.APP:
            self.state.rate_limiter.take(
                viewings,
                connection=self.connection,
                peer=self.peer,
                now=int(self.state.clock.boot_seconds()),  # nobody sets it
            )

    def now(self) -> int:
        """Seconds UTC."""
        return self.state.clock.now()

    def profile(self, named: str | None = None) -> str:
        """Return the profile that is named, else the active one."""
        return self.agent.household.active if named is None else named

    def titles(self) -> Callable[[str], Title | None]:
        """Return what finds titles in the active catalogue; nothing where there is none."""
        try:
            return self.agent.titles.lookup()
        except ModelError:
            return lambda _: None

    def notify_of_viewings(self) -> None:
        """Tell listeners of viewings that were stored from playback."""
        self.notify_of_history(*self.playbacks.take_changed())

    def notify_of_history(self, *profiles: str) -> None:
        """Tell listeners that viewings or marks of these profiles have changed."""
        for profile in profiles:
            self.emit(*history_changed(profile))

    def notify_of_withdrawal(self, purpose: Purpose, profile: str) -> None:
        """Tell listeners what went with a consent; telling of the consent is not done here."""
        if purpose in {Purpose.HISTORY, Purpose.PERSONALIZATION}:
            self.notify_of_history(profile)

    def emit(self, event: str, value: object) -> None:
        """Tell listeners of ``event`` once the call is done."""
        self.events.append((event, value))


@contextmanager
def notifying_of_changes(call: Call) -> Iterator[None]:
    """Tell listeners what a block changed, also when it ends in an error."""
    try:
        yield
    finally:
        call.events.extend(call.state.new_events())
