"""``edgeagent privacy``: what leaves, what it costs, what it tells, and what the quarter was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import click
import msgspec

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.impact_annex import annex
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputFile
from edgeagent.errors import InputError, OutputError
from edgeagent.regular_file import read_regular
from edgeagent.services.reports.assessment import Assessment, Belief
from edgeagent.services.reports.quarterly_summary import Quarter

__all__ = ["command", "print_assessment", "print_briefly"]

_PRIOR_CAP_BYTES = 64 * 1024
_SHOWN = 3


@click.group(name="privacy")
def command() -> None:
    """What leaves this box, what it costs, and what an observer could conclude."""


@command.command()
@click.option(
    "--prior",
    "prior_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Shares of the population, a JSON array.  [default: all alike]",
)
@json_option
@pass_box
def assess(box: BoxOptions, *, prior_file: Path | None, as_json: bool) -> None:
    """Assess this household now: fields, budget, conclusions, settings."""
    prior = None if prior_file is None else _read_prior(prior_file)
    with box.open() as agent:
        assessment = agent.reports.assess(prior)
    if as_json:
        emit_json(assessment)
    else:
        print_assessment(assessment)


@command.command()
@json_option
@pass_box
def report(box: BoxOptions, *, as_json: bool) -> None:
    """Say what was kept, used, sent and spent in the last 13 weeks."""
    with box.open() as agent:
        quarter = agent.reports.quarter()
    if as_json:
        emit_json(quarter)
    else:
        _print_quarter(quarter)


@command.command()
@click.option("--out", type=OutputFile(), metavar="FILE", help="Write it there.  [default: stdout]")
@json_option
@pass_box
def dpia(box: BoxOptions, *, out: Path | None, as_json: bool) -> None:
    """Make an annex to a data protection impact assessment, from what is in force.

    It names no profile and nothing that was watched.
    """
    with box.open() as agent:
        facts = agent.reports.impact()
    text = msgspec.json.encode(facts).decode() + "\n" if as_json else annex(facts)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written: {error.strerror}", hint="name a file you may write"
        ) from error
    click.echo(f"wrote {out}")


def print_assessment(assessment: Assessment, *, err: bool = False) -> None:
    """Print an assessment in words."""

    def say(line: str, *, bold: bool = False) -> None:
        click.secho(line, bold=bold, err=err)

    say("What leaves", bold=True)
    for request in assessment.leaves:
        say(f"  {request.name}: {request.method} {request.path}")
        say(f"    purpose: {request.purpose}")
        say(f"    basis: {request.basis}")
        say(f"    retention: {request.retention}")
        for field in request.fields:
            touched = "from what was watched, with noise" if field.from_history else "no history"
            say(f"    {field.name}: {field.holds} ({touched}); to {field.purpose}")
    say(f"  seen besides: {'; '.join(assessment.besides)}")
    say("What it costs", bold=True)
    budget = assessment.budget
    say(
        f"  {budget.reports} reports so far; epsilon {budget.epsilon_last_52_weeks:.2f} spent in "
        f"52 weeks, {budget.epsilon_left_52_weeks:.2f} of {budget.epsilon_limit_52_weeks:.2f} left;"
        f" at most {budget.epsilon_limit_report:.2f} a report; {budget.epsilon_lifetime:.2f} ever"
    )
    say("What somebody could conclude who sees all reports and knows the population", bold=True)
    _print_beliefs(assessment, say=say)
    say("What is promised", bold=True)
    for promise in assessment.promises:
        say(f"  {'holds' if promise.holds else 'DOES NOT HOLD'}: {promise.text}")
    say("Settings", bold=True)
    for deviation in assessment.settings:
        say(f"  {deviation.direction}: {deviation.setting}: {deviation.words}")
    say(f"  together {_verdict(assessment)} the defaults")
    taking_part = ", ".join(assessment.reporting) or "nobody"
    say(f"Taking part in reports now: {taking_part}")


def print_briefly(assessment: Assessment) -> None:
    """Print the upshot of an assessment, in one line beside what a command prints."""
    budget, promises = assessment.budget, assessment.promises
    names = ", ".join(assessment.reporting)
    if not names:
        leaves = "nothing that rests on viewings leaves this box"
    else:
        leaves = f"{names} {'takes' if len(assessment.reporting) == 1 else 'take'} part in reports"
    spent = f"epsilon {budget.epsilon_last_52_weeks:.2f} of {budget.epsilon_limit_52_weeks:.2f}"
    broken = sum(not promise.holds for promise in promises)
    holds = f"{broken} of {len(promises)} promises DO NOT HOLD" if broken else "all promises hold"
    click.echo(
        f"assessment: {leaves}; {spent} spent in 52 weeks; {holds}; settings "
        f"{_verdict(assessment)} the defaults (all of it: edgeagent privacy assess)",
        err=True,
    )


def _verdict(assessment: Assessment) -> str:
    return "riskier than" if assessment.riskier_than_default else "no riskier than"


def _print_beliefs(assessment: Assessment, *, say: Callable[[str], None]) -> None:
    conclusions = assessment.conclusions
    say(f"  worst case: {conclusions.worst_case}")
    likeliest = sorted(conclusions.beliefs, key=lambda belief: -belief.posterior)
    for belief in likeliest[:_SHOWN]:
        say(f"  {_in_words(belief)}")
    rest = len(likeliest) - _SHOWN
    say(f"  and {rest} more, none of them likelier; --json has them all")


def _in_words(belief: Belief) -> str:
    return (
        f"{belief.category}: believed at {belief.prior:.1%} before, {belief.posterior:.1%} after "
        f"these reports ({belief.posterior_at_most:.1%} whatever they say, "
        f"{belief.posterior_after_one_more_at_most:.1%} with one more)"
    )


def _print_quarter(quarter: Quarter) -> None:
    click.secho(f"From {quarter.since[:10]} to {quarter.until[:10]}", bold=True)
    click.secho("Kept, encrypted, in this box alone", bold=True)
    for kept in quarter.kept:
        allowed = "" if kept.allowed else " (keeping them is not granted)"
        click.echo(f"  {kept.profile}: {kept.viewings} viewings{allowed}")
    click.echo(f"  each for {quarter.retention_days} days at most")
    click.secho("Used, in this box", bold=True)
    for used in quarter.used:
        on = [
            name
            for name, allowed in (
                ("recommendations", used.recommendations),
                ("promotions", used.promotions),
                ("reports", used.reports),
            )
            if allowed
        ]
        last = f"; last picks {used.last_picks_at}" if used.last_picks_at else ""
        click.echo(f"  {used.profile}: {', '.join(on) or 'for nothing'}{last}")
    click.secho("Sent", bold=True)
    for sent in quarter.sent:
        click.echo(
            f"  {sent.body_bytes} bytes about week {sent.week} to {sent.recipient}: {sent.outcome}"
        )
        click.echo(f"    {sent.meaning}")
    if not quarter.sent:
        click.echo("  no report was drawn")
    for week in quarter.missed_weeks:
        click.echo(f"  week {week} was let pass: off, or not allowed")
    if quarter.updated_at:
        click.echo(f"  plain downloads, without identity, last on {quarter.updated_at}")
    click.secho("Spent", bold=True)
    click.echo(
        f"  epsilon {quarter.spent.epsilon_quarter:.2f} in this quarter, "
        f"{quarter.spent.epsilon_last_52_weeks:.2f} of at most "
        f"{quarter.spent.epsilon_limit_52_weeks:.2f} in 52 weeks"
    )


def _read_prior(path: Path) -> Sequence[Fraction]:
    try:
        data = read_regular(path, cap_bytes=_PRIOR_CAP_BYTES)
        shares = msgspec.json.decode(data, type=list[float])
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint="check --prior") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: {error}", hint="a JSON array, one share a category of the task, 'none' last"
        ) from error
    return [Fraction(share) for share in shares]
