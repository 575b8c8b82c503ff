"""Agent: the façade an application or a front end talks to, and the place where the parts meet.

Services are imported when they are first needed, so that a process that only records loads neither
python-tuf nor ONNX Runtime.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edgeagent.config import Config, load_config
from edgeagent.consent import ConsentRecord, Purpose
from edgeagent.errors import LedgerBroken, PolicyError, StorageError
from edgeagent.lazy_modules import on_use
from edgeagent.messages import ModelFiles, ModelManifest, Pick, ReportTask, WatchEvent
from edgeagent.messages.fields import MAIN_PROFILE, MAX_PICKS
from edgeagent.randomness import SystemRandomSource
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.audience import Audience, leave_out_teens
from edgeagent.services.consent_gate import ConsentGate, PurposeState
from edgeagent.services.context import BoxContext
from edgeagent.services.environment import Environment
from edgeagent.services.from_settings import make_scorer, open_repository, open_transport
from edgeagent.services.household.consent_receipt import ConsentReceipt, consent_receipt
from edgeagent.services.household.housekeeping import Housekeeping, keep_house
from edgeagent.services.household.profiles import Household
from edgeagent.services.household.retention import Retention
from edgeagent.services.household.signals import Signal, apply_signal
from edgeagent.services.household.title_marks import TitleMarks
from edgeagent.services.household.viewing_history import ViewingHistory
from edgeagent.services.household.withdrawal import Withdrawals
from edgeagent.services.models.installation import Installation, InstallationStore
from edgeagent.services.models.title_index import TitleIndex
from edgeagent.services.private_viewing.private_session import KeptPrivateSession
from edgeagent.services.recorder import Recorded, Recorder
from edgeagent.services.reports.facade import Reporting, Tools
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.services.upkeep.erasure import Erasure
from edgeagent.services.upkeep.opening import open_home
from edgeagent.services.upkeep.settings_risk import note_change
from edgeagent.services.upkeep.stores import Stores
from edgeagent.store import Disclosure, Home, require_within_reach
from edgeagent.store.home_files import MODELS_DIRECTORY

if not TYPE_CHECKING:  # read by linters, which follow both ways, as imports; see the module
    facade = on_use("edgeagent.services.models.facade")
    open_week = on_use("edgeagent.services.reports.open_week")
    moving = on_use("edgeagent.services.upkeep.portability")
    promoting = on_use("edgeagent.services.promotions.facade")
    recommender = on_use("edgeagent.services.recommender")
    uploader = on_use("edgeagent.services.reports.uploader")
    weekly = on_use("edgeagent.services.week_lists")
else:
    from edgeagent.services import recommender
    from edgeagent.services import week_lists as weekly
    from edgeagent.services.models import facade
    from edgeagent.services.promotions import facade as promoting
    from edgeagent.services.reports import open_week, uploader
    from edgeagent.services.upkeep import portability as moving

__all__ = ["Agent", "Environment"]


class Agent(AbstractContextManager["Agent"]):
    """One box: its history, its model, its reports; ``with Agent.open("my-box") as agent:``."""

    def __init__(self, home: Home, *, config: Config, environment: Environment) -> None:
        """Put the parts together; use :meth:`open`.

        Raises:
            PolicyError: a random source other than the operating system's, outside a simulation.

        """
        if not environment.simulated and type(environment.random) is not SystemRandomSource:
            message = "a production agent draws noise from the operating system only"
            raise PolicyError(
                message, hint="pass Environment(simulated=True) in tests and simulations"
            )
        self._home = home
        self._config = config
        self._environment = environment
        self._installations = InstallationStore(home.ledger, home.directory / MODELS_DIRECTORY)
        self._installations.tell_time(self.clock)
        self._scorer_in_use: Scorer | None = None
        self._box = BoxContext(
            home=home,
            clock=self.clock,
            gate=self.gate,
            private=self.private,
            audience=Audience(teens_count=config.teens_count_as_adults),
        )
        self._withdrawals = Withdrawals(home, clock=self.clock)
        with suppress(StorageError):  # a full disk: the note is made at the next start
            note_change(home.ledger, config)
            self.gate.write_down_terms()
        if not environment.network_only:
            self._finish_what_was_interrupted()

    @classmethod
    def open(
        cls,
        directory: Path | str,
        *,
        config: Config | None = None,
        environment: Environment | None = None,
    ) -> Self:
        """Open the box whose state lies in ``directory``, making a new one if it is empty.

        Raises:
            StorageError: a database does not open, or a key cannot be obtained.
            InputError: the settings cannot be read.

        """
        require_within_reach(directory := Path(directory))
        settings, outside = config or load_config(directory), environment or Environment()
        home = open_home(directory, settings, outside)
        try:
            return cls(home, config=settings, environment=outside)
        except BaseException:
            home.close()
            raise

    def close(self) -> None:
        """Close the databases and end the scoring child."""
        self.end_scoring()
        self.store_showings()
        self._home.close()

    def end_scoring(self) -> None:
        """End the scoring child, also while it is at work; from any thread."""
        if self._scorer_in_use is not None:
            self._scorer_in_use.close()

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()

    # Consent

    def grant(
        self,
        purpose: Purpose,
        *,
        profile: str = MAIN_PROFILE,
        language: str | None = None,
        pin: str | None = None,
    ) -> ConsentRecord:
        """Record that a profile allows a purpose; see :meth:`Household.grant`."""
        return self.household.grant(purpose, profile=profile, language=language, pin=pin)

    def withdraw(
        self, purpose: Purpose, *, profile: str = MAIN_PROFILE, by_signal: bool = False
    ) -> ConsentRecord:
        """Record that a profile no longer allows a purpose, and undo what rested on it."""
        try:
            record = self.gate.decide(purpose, profile=profile, given=False, by_signal=by_signal)
        except LedgerBroken as error:
            # A broken ledger must not keep what was taken back.
            raise self._withdrawals.undo_all(purpose, profile, since=error) from error
        self._withdrawals.finish()  # redone at the next start until it is complete
        return record

    def apply_signal(self, signal: Signal) -> tuple[ConsentRecord, ...]:
        """Withdraw the purposes that a signal (privacy mode, GPC) objects to; it never grants."""
        return apply_signal(signal, ledger=self._home.ledger, gate=self.gate, withdraw=self._narrow)

    def _narrow(self, purpose: Purpose, profile: str) -> ConsentRecord:
        return self.withdraw(purpose, profile=profile, by_signal=True)

    @cached_property
    def gate(self) -> ConsentGate:
        """What each profile has decided; ``grant`` and ``withdraw`` record a decision."""
        return ConsentGate(self._home.ledger, clock=self.clock, config=self._config)

    def consent(self, profile: str = MAIN_PROFILE) -> tuple[PurposeState, ...]:
        """Return how each purpose stands for a profile."""
        return self.gate.states(profile)

    def consent_receipt(self, profile: str | None = None) -> ConsentReceipt:
        """Return every decision of a profile, or of all, with the fields of ISO/IEC TS 27560."""
        days, now = self.retention.kept().days, self.clock.now()
        return consent_receipt(self._home.ledger, profile=profile, retention_days=days, now=now)

    # History

    def record_watch(
        self,
        events: WatchEvent | Sequence[WatchEvent],
        *,
        keep_unknown: bool = False,
        seen_since: int | None = None,
    ) -> Recorded:
        """Store one viewing, or an evening's list; when this returns, it survives a power cut."""
        events = [events] if isinstance(events, WatchEvent) else events
        recorder = Recorder(self._box, titles=self.titles)
        return recorder.record(events, keep_unknown=keep_unknown, seen_since=seen_since)

    @cached_property
    def history(self) -> ViewingHistory:
        """What was watched."""
        return ViewingHistory(self._box)

    @cached_property
    def private(self) -> KeptPrivateSession:
        """Private viewing: while it lasts nothing is stored."""
        directory = Path(self._environment.runtime_directory)
        return KeptPrivateSession(self._home.directory, clock=self.clock, directory=directory)

    @cached_property
    def clock(self) -> DeviceClock:
        """The box's time, and how certain it is."""
        return DeviceClock(self._environment.clock, build_time=self._environment.build_time)

    # Household and rights

    @cached_property
    def household(self) -> Household:
        """The profiles."""
        return Household(self._box, teens=self._config.teen_max_age_rating)

    @cached_property
    def titles(self) -> TitleIndex:
        """The public part of the active catalogue."""
        return TitleIndex(self._installations)

    @cached_property
    def title_marks(self) -> TitleMarks:
        """What profiles have said about single titles."""
        return TitleMarks(self._box, titles=self.titles)

    @cached_property
    def retention(self) -> Retention:
        """How long viewings are kept; ``housekeeping`` deletes older ones."""
        return Retention(self._box, allowed_days=self._config.retention_days)

    @cached_property
    def portability(self) -> moving.Portability:
        """Export and import."""
        return moving.Portability(self._box, retention=self.retention)

    @cached_property
    def erasure(self) -> Erasure:
        """Erases what was watched, or a profile; the box: ``edgeagent.erase_box``."""
        return Erasure(self._home, clock=self.clock)

    @cached_property
    def stores(self) -> Stores:
        """Ledger and history as files."""
        return Stores(self._box)

    def housekeeping(self) -> Housekeeping:
        """Do what is due at an idle moment: delete viewings whose time is over."""
        return keep_house(self._box, retention=self.retention, titles=self.titles)

    # Recommendations, promos and ads

    def recommend(
        self,
        *,
        profile: str = MAIN_PROFILE,
        limit: int = 10,
        cached: bool = False,
        why_segments: bool = False,
    ) -> recommender.Ranking:
        """Return the best titles for a profile, each with its reasons; see :class:`Recommender`."""
        return self._recommender.recommend(
            profile=profile, limit=limit, cached=cached, why_segments=why_segments
        )

    def last_picks(
        self, *, profile: str = MAIN_PROFILE, limit: int = MAX_PICKS
    ) -> recommender.Ranking | None:
        """Return the picks last made as far as they can still be shown; never ranks."""
        return self._recommender.last_picks(profile=profile, limit=limit)

    def week_list(self, *, profile: str = MAIN_PROFILE) -> weekly.Week | None:
        """Return the list of a profile's week, made when it is first asked for."""
        installed = self._installations
        lists = weekly.WeekLists(self._box, recommender=self._recommender, installations=installed)
        return lists.list_for(profile)

    def explain(self, entity_id: str, *, profile: str = MAIN_PROFILE) -> Pick:
        """Return one title's score and the parts that add up to it."""
        return self._recommender.explain(entity_id, profile=profile)

    @cached_property
    def promotions(self) -> promoting.Promotions:
        """Everything about promos and ads: choose, note what was shown, say why, hide."""
        models, titles, config = self._installations, self.titles, self._config
        return promoting.Promotions(self._box, installations=models, titles=titles, config=config)

    def store_showings(self) -> None:
        """Store what was shown and waits for the next batch; free what choosing has loaded."""
        if "promotions" in self.__dict__:  # else nothing was shown
            self.promotions.rest()

    # Reports

    @cached_property
    def reports(self) -> Reporting:
        """Everything about reports: draw, send, preview, weigh."""
        outside, config = self._environment, self._config
        tools = Tools(
            random=outside.random,
            scorer=lambda: self.scorer,
            transport=lambda: outside.transport or open_transport(config, pace=outside.pace()),
            frame=outside.count_frame,
        )
        box, kept, installed = self._box, self.retention, self._installations
        return Reporting(box, installations=installed, config=config, retention=kept, tools=tools)

    def close_week(self) -> open_week.WeekClosing:
        """Draw and book the report of the latest ended reporting week, if it is time.

        A draw takes a minute, whatever was watched; callers that cannot wait use
        ``reports.open_week``.
        """
        return self.reports.close_week()

    def send_reports(self) -> tuple[uploader.Sending, ...]:
        """Send what is due and return what became of each report."""
        return self.reports.send()

    def disclosures(self) -> tuple[Disclosure, ...]:
        """Return everything that was ever drawn for sending, byte for byte, oldest first."""
        return self.reports.disclosures()

    # Model

    @cached_property
    def models(self) -> facade.Models:
        """Everything about models: fetch, try, activate, go back."""
        models, config = self._home.directory / MODELS_DIRECTORY, self._config
        installed = self._installations
        return facade.Models(
            self._box,
            installations=installed,
            scorer=lambda: self.scorer,
            open_repository=lambda now: open_repository(
                models, config, now=now, pace=self._environment.pace(), seen=installed.list_seen()
            ),
            random=self._environment.random,
        )

    def update_model(self) -> facade.Update:
        """Fetch, verify and activate the newest model, catalogue and task."""
        return self.models.update()

    def rollback_model(self) -> ModelManifest:
        """Go back to the model before the active one."""
        return self.models.rollback()

    def installation(self) -> Installation:
        """Return what is installed."""
        return self._installations.load()

    def refresh(self) -> None:
        """Read what an update in another process has learned about the time."""
        self._installations.tell_time(self.clock)

    def segmenter_files(self, task: ReportTask) -> ModelFiles:
        """Return where the model and catalogue lie that assign segments for a task."""
        return self._installations.files(task.segmenter.model, task.segmenter.catalogue)

    @cached_property
    def _recommender(self) -> recommender.Recommender:
        return recommender.Recommender(
            self._box,
            installations=self._installations,
            scorer=self.scorer,
            config=self._config,
            artwork=lambda picks, *, profile: self.promotions.artwork(picks, profile=profile),
        )

    @property
    def scorer(self) -> Scorer:
        """What runs models for this box; started when it is first asked for."""
        if self._scorer_in_use is None:
            make = self._environment.make_scorer or partial(make_scorer, self._config)
            self._scorer_in_use = make()
        return self._scorer_in_use

    def _finish_what_was_interrupted(self) -> None:
        """Complete what a power cut interrupted, before anything else runs."""
        audience, withdraw = self._box.audience, self._narrow
        for finish in (
            self.retention.begin,
            self.household.finish_rename,
            self.history.finish,
            self.erasure.finish,
            self._withdrawals.finish,
            self._withdrawals.finish_log,
            partial(leave_out_teens, self._home, audience=audience, withdraw=withdraw),
        ):
            with suppress(StorageError):  # a damaged history does not close the ledger
                finish()
