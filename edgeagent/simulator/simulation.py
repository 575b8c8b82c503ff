"""The simulation: train, publish, serve, simulate boxes, report, estimate, check the promises."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from edgeagent.clock import WEEK_SECONDS, quarter_of, week_of
from edgeagent.errors import InputError
from edgeagent.messages import ModelFiles, ReportTask
from edgeagent.messages.artefacts import Artefacts
from edgeagent.messages.targets import ROOT_NAME
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.simulator.chapters import ChapterName
from edgeagent.simulator.chapters.chapter import Chapter, Ground
from edgeagent.simulator.chapters.write import write_chapter
from edgeagent.simulator.fleet.checkpoint import CHECKPOINT_NAME
from edgeagent.simulator.fleet.engine import box_windows, run_fleet
from edgeagent.simulator.fleet.outcome import FleetOutcome
from edgeagent.simulator.fleet.poisoning import pushing_the_rarest
from edgeagent.simulator.fleet.scenario import Scenario
from edgeagent.simulator.forecast import forecast_seconds, forecast_words, measured_slowness
from edgeagent.simulator.household import HouseholdLife, HouseholdOutcome, SharedSetup
from edgeagent.simulator.output_directory import make_output_directory
from edgeagent.simulator.plan import START, HouseholdPlan, Options, plan_households, retimed
from edgeagent.simulator.quality import Quality, measure_quality
from edgeagent.simulator.server_process import running_server
from edgeagent.simulator.workers import live_all
from edgeagent.stage_progress import StageProgress
from model_export.choosing import choose_head
from model_export.evaluation.ranking import GlobalSplit, global_split
from model_export.heads.model_file import save_model
from model_export.heads.trained_model import TrainedModel
from model_export.loaders.movielens import load_movielens
from model_export.log import WatchLog
from model_export.publishing.artefacts import export
from model_export.synthetic import synthetic_households, synthetic_panel
from model_export.train import train
from server_stub.distribution.operator import Operator
from server_stub.distribution.publish import publish
from server_stub.ingest.admission import DEFAULT_GRACE_WEEKS

__all__ = ["STATE_NAME", "Simulation", "simulate"]

STATE_NAME = "state"
"""The directory below --out that holds what --keep keeps."""

_HOUSEHOLDS = 200
_PANEL_FOR_EACH_HOUSEHOLD = 10
_SMALLEST_PANEL, _LARGEST_PANEL = 500, 2000
"""Fewer people make poor segments; more make the default run, with its 200 boxes, no better."""
_PANEL_WEEKS = 52
_PERCENT = 100
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  (mkdtemp creates a directory of mode 0700)
_ROOM_BYTES = 1 << 30
"""Several times what a run needs, since simulated boxes are deleted unless they are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """The results of a run."""

    options: Options
    artefacts: Artefacts
    quality: Quality
    outcomes: tuple[HouseholdOutcome, ...]
    """In the order of the households; the first used a scoring child, as in production."""
    fleet: FleetOutcome
    server_counted: int
    """Reports in the server's store at the end."""
    seconds: dict[str, float]
    chapters: Mapping[ChapterName, Chapter] = field(default_factory=dict)


@dataclass(slots=True)
class _Stages:
    """Names and times the stages."""

    progress: StageProgress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, what: str, total: int | None = None) -> Iterator[None]:
        self.progress.stage(what, total)
        begin = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - begin, 2)


def simulate(options: Options, progress: StageProgress) -> Simulation:
    """Run the whole loop on this machine.

    Raises:
        InputError: the ratings cannot be used.
        EdgeAgentError: a part of the loop failed.

    """
    stages = _Stages(progress)
    with _workspace(options) as work:
        what, steps = _loading(options)
        with stages.stage("load", what, steps):
            training, living = _logs(options, progress)
        plans = plan_households(living)[: options.households]
        progress.say(_forecast(training, plans, options))
        split = global_split(training)
        model, artefacts = _train_and_publish(split, options, work, stages)
        with stages.stage("quality", "Judging picks on later viewings", len(split.people)):
            quality = measure_quality(
                split, _published_files(artefacts, work), advance=progress.advance
            )
        outcomes, counted = _live(plans, options, work, stages)
        scenario = _scenario(outcomes, artefacts.task, options)
        with stages.stage("fleet", "Reports of the virtual fleet", box_windows(scenario)):
            fleet = run_fleet(
                scenario, advance=progress.advance, checkpoint=options.out / CHECKPOINT_NAME
            )
        ground = Ground(
            seed=options.seed, log=training, split=split, model=model, artefacts=artefacts
        )
        chapters = dict(_chapters(ground, options, stages))
    return Simulation(
        options=options,
        artefacts=artefacts,
        quality=quality,
        outcomes=outcomes,
        fleet=fleet,
        server_counted=counted,
        seconds=stages.seconds,
        chapters=chapters,
    )


def _chapters(
    ground: Ground, options: Options, stages: _Stages
) -> Iterator[tuple[ChapterName, Chapter]]:
    for name in options.chapters:
        with stages.stage(name, f"Writing the chapter {name}"):
            chapter = write_chapter(name, ground)
        yield name, chapter


@contextmanager
def _workspace(options: Options) -> Iterator[Path]:
    """Yield the directory of homes, repository and server store; it is deleted unless kept."""
    if options.keep:
        work = options.out / STATE_NAME
        if work.exists():
            raise InputError(
                f"{work} holds the state of an earlier run",
                hint=f"delete it, or choose another --out: rm -r {work}",
            )
        make_output_directory(options.out)
        make_output_directory(work)
        yield work
        return
    work = Path(tempfile.mkdtemp(prefix="edgeagent-simulate-", dir=_memory()))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _memory() -> Path | None:
    """Return a directory in memory with space for a run; ``None`` if ``TMPDIR`` is set.

    Hundreds of boxes fsync everything they acknowledge. On a disk the simulation spends half its
    time waiting for that, and none of the data outlive the run.
    """
    room = shutil.disk_usage(_SHARED_MEMORY).free if _SHARED_MEMORY.is_dir() else 0
    enough = room >= _ROOM_BYTES and os.access(_SHARED_MEMORY, os.W_OK)
    return _SHARED_MEMORY if enough and "TMPDIR" not in os.environ else None


def _loading(options: Options) -> tuple[str, int | None]:
    """Return what the first stage is called, and its steps where they are known."""
    if options.ratings is not None:
        return "Reading ratings", None
    return "Inventing a panel", _PANEL_WEEKS + options.weeks


def _logs(options: Options, progress: StageProgress) -> tuple[WatchLog, WatchLog]:
    """Return the log to train and measure on, and the log that the boxes replay."""
    if options.ratings is not None:
        log = load_movielens(options.ratings)
        return log, retimed(log, weeks=options.weeks, seed=options.seed)
    living_households = options.households or _HOUSEHOLDS
    fitting = _PANEL_FOR_EACH_HOUSEHOLD * living_households
    panel = synthetic_panel(
        options.seed,
        households=min(max(fitting, _SMALLEST_PANEL), _LARGEST_PANEL),
        weeks=_PANEL_WEEKS,
        start=START - _PANEL_WEEKS * WEEK_SECONDS,
        advance=progress.advance,
    )
    living = synthetic_households(
        options.seed,
        catalogue=panel.titles,
        households=living_households,
        weeks=options.weeks,
        start=START,
        advance=progress.advance,
    )
    return panel, living


def _forecast(training: WatchLog, plans: Sequence[HouseholdPlan], options: Options) -> str:
    seconds = forecast_seconds(
        viewings=len(training),
        boxes=len(plans),
        weeks=options.weeks,
        reports=options.fleet * options.weeks / SPACING_WEEKS,
        chapters=options.chapters,
        slowness=measured_slowness(),
    )
    return forecast_words(seconds)


def _train_and_publish(
    split: GlobalSplit, options: Options, work: Path, stages: _Stages
) -> tuple[TrainedModel, Artefacts]:
    """Train on the earlier part of the log only; the picks are tested on the later part."""
    what = "Training the segment model"
    with stages.stage("train", what, _PERCENT):
        begun = 0.0
        head = options.head
        if head == "auto":
            head = choose_head(
                split.training,
                seed=options.seed,
                progress=lambda _part, done: stages.progress.reach(what, done / 2),
            ).head
            begun = 0.5
        model = train(
            split.training,
            seed=options.seed,
            head=head,
            progress=lambda _part, done: stages.progress.reach(what, begun + (1 - begun) * done),
        )
    if options.keep:
        save_model(model, work / "model.npz")
    with stages.stage("publish", "Exporting and signing"):
        artefacts = export(model, split.training, now=START)
        publisher = Operator.without_passphrase(
            work / "repository",
            work / "publisher-keys",
            now=START - WEEK_SECONDS,
            lifetime_days=7 * (options.weeks + 60),
        )
        for task in _tasks(artefacts.task, weeks=options.weeks):
            publish(publisher, replace(artefacts, task=task))
    return model, artefacts


def _tasks(first: ReportTask, *, weeks: int) -> Iterator[ReportTask]:
    """Yield the report task of each simulated quarter."""
    quarters = {quarter_of(week_of(START) + week): None for week in range(weeks)}
    for quarter in quarters:
        yield msgspec.structs.replace(first, epoch=quarter)


def _published_files(artefacts: Artefacts, work: Path) -> ModelFiles:
    """Return model and catalogue as files, as on a box after an update."""
    manifest = artefacts.manifest
    for reference, data in (
        (manifest.model, artefacts.model),
        (manifest.catalogue, artefacts.catalogue),
    ):
        (work / reference.sha256).write_bytes(data)
    return ModelFiles(
        model_path=str(work / manifest.model.sha256),
        model_sha256=manifest.model.sha256,
        catalogue_path=str(work / manifest.catalogue.sha256),
        catalogue_sha256=manifest.catalogue.sha256,
    )


def _live(
    plans: Sequence[HouseholdPlan], options: Options, work: Path, stages: _Stages
) -> tuple[tuple[HouseholdOutcome, ...], int]:
    end = START + (options.weeks + 1) * WEEK_SECONDS
    store = work / "reports.db"
    with running_server(
        work / "repository", store, now=end, grace_weeks=options.weeks + DEFAULT_GRACE_WEEKS
    ) as server_url:
        around = SharedSetup(
            homes=work / "homes",
            server_url=server_url,
            trusted_root=work / "repository" / ROOT_NAME,
            weeks=options.weeks,
            seed=options.seed,
        )
        with stages.stage("households", "Households live their weeks", len(plans)):
            outcomes = [HouseholdLife(plans[0], around).live()]
            stages.progress.advance()
            for outcome in live_all(plans[1:], around, keep=options.keep):
                outcomes.append(outcome)
                stages.progress.advance()
    from server_stub.aggregation.sqlite_aggregator import SqliteAggregator  # noqa: PLC0415  (after the server stopped)

    counted = SqliteAggregator(store).report_count()
    return tuple(sorted(outcomes, key=lambda outcome: outcome.number)), counted


def _scenario(outcomes: Sequence[HouseholdOutcome], task: ReportTask, options: Options) -> Scenario:
    """Return a fleet whose audience begins as the mix of all real boxes, weighted equally.

    It lives for a quarter at least, so that each of its boxes is due once.
    """
    columns = zip(*(outcome.category_shares for outcome in outcomes), strict=True)
    mix = tuple(float(sum(column) / len(outcomes)) for column in columns)
    return Scenario(
        boxes=options.fleet,
        weeks=max(options.weeks, SPACING_WEEKS),
        seed=options.seed,
        mix=mix,
        mechanism=task.mechanism,
        odds=task.odds,
        poisoning=pushing_the_rarest(
            mix, attack=options.attack, share=options.poison, sensitive=task.sensitive
        ),
    )
