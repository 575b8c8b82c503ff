"""``model-export drift``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputFile
from edgeagent.help_pages import HelpfulCommand
from model_export.cli.options import Source, progress_bar, source_options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_export.drift.alarm import DriftAlarm
    from model_export.drift.counts import Mix
    from model_export.drift.holdout import PriorsJudgement
    from model_export.heads.trained_model import TrainedModel
    from model_export.heads.tuning import Progress

__all__ = ["command"]

_STORED = click.Path(dir_okay=False, path_type=Path)
_SHOWN = 8


@click.command(
    "drift",
    cls=HelpfulCommand,
    examples={
        "the newest quarter against the one before": (
            "model-export drift model.npz --counts q2.csv --before q1.csv"
        ),
    },
)
@click.argument("model_file", metavar="MODEL", type=_STORED)
@source_options
@click.option(
    "--counts",
    "counts_file",
    type=_STORED,
    required=True,
    help="Of the newest quarter, as 'server-stub estimate --csv' prints them.",
)
@click.option(
    "--before",
    "before_file",
    type=_STORED,
    required=True,
    help="Of an earlier quarter, by this model or by the one that it was trained from.",
)
@click.option(
    "--holdout",
    "holdout_file",
    type=click.Path(path_type=Path),
    help="Viewings like --ratings, of the weeks counted or later and of people in no panel, that "
    "judge the new priors.",
)
@click.option("--out", type=OutputFile(), help="Write the model with priors for the newest counts.")
@json_option
def command(
    *,
    model_file: Path,
    source: Source,
    counts_file: Path,
    before_file: Path,
    holdout_file: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Say whether segment shares have moved more than chance and the model explain.

    With --out, and an alarm, the priors of MODEL (what it shows households
    without a history) follow the counts; embeddings, segments and their ids
    stay. With --holdout they are written only if they are clearly better there.
    Viewings are those the model was trained on.
    """
    with progress_bar("Judging the drift", hidden=as_json) as progress:
        progress("Reading", 0.0)
        from model_export.drift.alarm import judge_drift  # noqa: PLC0415  (loads numpy)
        from model_export.drift.counts import read_counts  # noqa: PLC0415  (the same)
        from model_export.drift.priors import believed_change  # noqa: PLC0415  (the same)
        from model_export.heads.model_file import load_model  # noqa: PLC0415  (the same)

        model = load_model(model_file)
        now = read_counts(counts_file, model.labels)
        before = read_counts(before_file, model.labels, carried=model.kept_fraction)
        alarm = judge_drift(before, now, model.labels)
        refreshed, judged = model, None
        if out is not None or holdout_file is not None:
            change = believed_change(before, now, alarm)
            refreshed = _refreshed(model, source, change, progress=progress)
        if holdout_file is not None:
            judged = _judged(model, refreshed, source, holdout_file, now=now)
    written = out is not None and bool(alarm.segments) and (judged is None or judged.better)
    if written and out is not None:
        from model_export.heads.model_file import save_model  # noqa: PLC0415  (loads numpy)

        save_model(refreshed, out)
    if as_json:
        emit_json(
            {
                "alarm": alarm.segments,
                "drift": alarm,
                "judged": judged,
                "written": str(out) if written else None,
            }
        )
        return
    _show(alarm, judged)
    if out is not None:
        click.echo(
            f"\nwritten to {out}" if written else f"\n{out} is not written: {_why_not(alarm)}"
        )


def _why_not(alarm: DriftAlarm) -> str:
    return "no clear gain" if alarm.segments else "there is no alarm, and priors stay as they are"


def _refreshed(
    model: TrainedModel, source: Source, change: NDArray[np.float64], *, progress: Progress
) -> TrainedModel:
    import numpy as np  # noqa: PLC0415  (a tenth of a second)

    from model_export.drift.priors import with_priors  # noqa: PLC0415  (the same)
    from model_export.segments.appeal import assign_sessions, fit_appeal  # noqa: PLC0415  (the same)

    log = source.load()
    progress("Assigning sessions", 0.2)
    assigned = assign_sessions(model, log, seed=source.seed)
    progress("Fitting appeals", 0.8)
    return with_priors(
        model,
        fit_appeal(model, assigned),
        change=change,
        viewings=np.bincount(log.items, minlength=len(model.titles)),
    )


def _judged(
    model: TrainedModel, refreshed: TrainedModel, source: Source, path: Path, *, now: Mix
) -> PriorsJudgement:
    from model_export.drift.holdout import judge_priors  # noqa: PLC0415  (loads numpy)

    return judge_priors(model, refreshed, replace(source, ratings=path).load(), counts=now)


def _show(alarm: DriftAlarm, judged: PriorsJudgement | None) -> None:
    number = len(alarm.segments)
    click.echo(
        f"ALARM: {number} segments have moved more than chance and the model explain"
        if number
        else "no alarm: chance and the model explain every change"
    )
    click.echo(f"{alarm.reports:,} reports; shares of the sessions that count for a segment\n")
    click.echo("  before     now   change  explained")
    for one in alarm.moved[: max(number, _SHOWN)]:
        click.echo(
            f"  {one.before:6.1%}  {one.now:6.1%}  {one.now - one.before:+7.1%}  "
            f"± {one.explained:7.1%}  {'!' if one.alarm else ' '} {one.name}"
        )
    if judged is not None:
        click.echo(
            f"\nfirst picks of {judged.people:,} people, {judged.watched_from[:10]} to "
            f"{judged.watched_until[:10]}: NDCG@10 {judged.stale:.4f} before, "
            f"{judged.refreshed:.4f} refreshed; gain {judged.gain:+.4f} ± "
            f"{judged.standard_error:.4f}"
        )
