"""``edgeagent privacy``: the assessment, the quarter's report, and the impact annex."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import click
import msgspec

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.impact_annex import annex
from edgeagent.cli.readings import example_lines, reading_lines
from edgeagent.cli.wording import TranslatedGroup, counted, said, words
from edgeagent.command_group import emit_document, emit_json, json_option
from edgeagent.command_output import OutputFile
from edgeagent.errors import InputError, OutputError
from edgeagent.notices import notice_digest
from edgeagent.privacy.declaration import DeclaredField
from edgeagent.regular_file import read_regular
from edgeagent.services.reports.assessment import Assessment, Belief
from edgeagent.services.reports.quarterly_summary import Quarter, Sent, Used

__all__ = ["command", "print_assessment", "print_briefly"]

_PRIOR_CAP_BYTES = 64 * 1024
_SHOWN = 3


@click.group(
    name="privacy",
    cls=TranslatedGroup,
    examples={
        "the last 13 weeks in words": "edgeagent privacy report",
        "an annex for your impact assessment": "edgeagent privacy dpia --out annex.md",
    },
)
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
    with box.look() as agent:
        assessment = agent.reports.assess(prior)
    if as_json:
        emit_json(assessment)
    else:
        print_assessment(assessment)


@command.command()
@json_option
@pass_box
def report(box: BoxOptions, *, as_json: bool) -> None:
    """Say what was kept, used, sent and spent in the last 13 weeks, and what a quarter changed."""
    with box.look() as agent:
        quarter = agent.reports.quarter()
        reports = {item.report_id: item for item in agent.disclosures()}
        readings = {
            sent.report_id: reading_lines(agent, reports[sent.report_id]) for sent in quarter.sent
        }
        example = example_lines(agent)
    if as_json:
        emit_json(quarter)
    else:
        _print_quarter(quarter, readings, example)


@command.command()
@click.option("--language", metavar="CODE", help="Such as de.  [default: of the settings]")
@json_option
@pass_box
def notice(box: BoxOptions, *, language: str | None, as_json: bool) -> None:
    """Print the notice that a household consents to, made from what is in force.

    Compiled limits and settings fill in its values. What the present task and the household make
    tighter stands below it: it is no part of what is consented to, nor of the SHA-256.
    """
    with box.look() as agent:
        shown = agent.gate.notice(language)
        task, kept = agent.installation().task, agent.retention.kept()
    digest = notice_digest(shown)
    if as_json:
        asked = None if task is None else {"mechanism": task.mechanism, "odds": str(task.odds)}
        tighter = {"retention_days": kept.days, "task": asked}
        emit_json({"notice": shown, "sha256": digest, "tighter": tighter})
        return
    for purpose, text in shown.purposes.items():
        click.secho(f"{purpose}: {text.title}", bold=True)
        for line in (text.text, f"+ {text.gives}", f"- {text.takes}"):
            click.echo(f"  {line}")
    named = {"version": shown.version, "language": shown.language, "digest": digest}
    click.echo(words("notice {version} ({language}) sha256 {digest}", **named))
    click.secho(words("Tighter now"), bold=True)
    days = counted("{number} day", "{number} days", kept.days)
    click.echo("  " + words("viewings are kept for {days}", days=days))
    if task is None:
        click.echo("  " + words("no report task has been downloaded"))
        return
    asking = words(
        "the task asks for {mechanism} with e^epsilon {odds}",
        mechanism=task.mechanism,
        odds=task.odds,
    )
    click.echo(f"  {asking}")


@command.command()
@click.option("--out", type=OutputFile(), metavar="FILE", help="Write it there.  [default: stdout]")
@json_option
@pass_box
def dpia(box: BoxOptions, *, out: Path | None, as_json: bool) -> None:
    """Make an annex to a data protection impact assessment, from what is in force.

    It names no profile and nothing that was watched.
    """
    with box.look() as agent:
        facts = agent.reports.impact()
    text = msgspec.json.encode(facts).decode() + "\n" if as_json else annex(facts)
    if out is None:
        emit_document(text)
        return
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written: {error.strerror}", hint="name a file you may write"
        ) from error
    click.echo(words("wrote {path}", path=out))


def print_assessment(assessment: Assessment, *, err: bool = False) -> None:
    """Print an assessment in words."""

    def say(line: str, *, bold: bool = False) -> None:
        click.secho(line, bold=bold, err=err)

    say(words("What leaves"), bold=True)
    for request in assessment.leaves:
        say(f"  {request.name}: {request.method} {request.path}")
        say("    " + words("purpose: {purpose}", purpose=said(request.purpose)))
        say("    " + words("basis: {basis}", basis=said(request.basis)))
        say("    " + words("retention: {retention}", retention=said(request.retention)))
        for field in request.fields:
            say("    " + _field_in_words(field))
    say("  " + words("seen besides: {besides}", besides="; ".join(map(said, assessment.besides))))
    say(words("What it costs"), bold=True)
    budget = assessment.budget
    say(
        "  "
        + counted("{number} report so far", "{number} reports so far", budget.reports)
        + "; "
        + words(
            "epsilon {spent:.2f} spent in 52 weeks, {left:.2f} of {limit:.2f} left; at most "
            "{report:.2f} a report; {ever:.2f} ever",
            spent=budget.epsilon_last_52_weeks,
            left=budget.epsilon_left_52_weeks,
            limit=budget.epsilon_limit_52_weeks,
            report=budget.epsilon_limit_report,
            ever=budget.epsilon_lifetime,
        )
    )
    say(
        words("What an observer could conclude who sees all reports and knows the population"),
        bold=True,
    )
    _print_beliefs(assessment, say=say)
    say(words("What is promised"), bold=True)
    for promise in assessment.promises:
        mark = words("holds") if promise.holds else words("DOES NOT HOLD")
        say(f"  {mark}: {said(promise.text)}")
    say(words("Settings"), bold=True)
    for deviation in assessment.settings:
        say(f"  {deviation.direction}: {deviation.setting}: {deviation.words}")
    if assessment.riskier_than_default:
        say("  " + words("together riskier than the defaults"))
    else:
        say("  " + words("together no riskier than the defaults"))
    taking_part = ", ".join(assessment.reporting) or words("nobody")
    say(words("Taking part in reports now: {profiles}", profiles=taking_part))


def _field_in_words(field: DeclaredField) -> str:
    named = {"name": field.name, "holds": said(field.holds), "purpose": said(field.purpose)}
    if field.from_history:
        return words("{name}: {holds} (from what was watched, with noise); to {purpose}", **named)
    return words("{name}: {holds} (no history); to {purpose}", **named)


def print_briefly(assessment: Assessment) -> None:
    """Print the upshot of an assessment, in one line beside what a command prints."""
    budget, promises = assessment.budget, assessment.promises
    names = ", ".join(assessment.reporting)
    if not names:
        leaves = words("nothing that rests on viewings leaves this box")
    else:
        leaves = counted(
            "{names} takes part in reports",
            "{names} take part in reports",
            len(assessment.reporting),
            names=names,
        )
    spent = words(
        "epsilon {spent:.2f} of {limit:.2f} spent in 52 weeks",
        spent=budget.epsilon_last_52_weeks,
        limit=budget.epsilon_limit_52_weeks,
    )
    broken = sum(not promise.holds for promise in promises)
    if broken:
        holds = words("{broken} of {all} promises DO NOT HOLD", broken=broken, all=len(promises))
    else:
        holds = words("all promises hold")
    if assessment.riskier_than_default:
        settings = words("settings riskier than the defaults")
    else:
        settings = words("settings no riskier than the defaults")
    parts = f"{leaves}; {spent}; {holds}; {settings}"
    click.echo(
        words("assessment: {parts} (all of it: edgeagent privacy assess)", parts=parts), err=True
    )


def _print_beliefs(assessment: Assessment, *, say: Callable[[str], None]) -> None:
    conclusions = assessment.conclusions
    say("  " + words("worst case: {text}", text=said(conclusions.worst_case)))
    likeliest = sorted(conclusions.beliefs, key=lambda belief: -belief.posterior)
    for belief in likeliest[:_SHOWN]:
        say(f"  {_in_words(belief)}")
    rest = len(likeliest) - _SHOWN
    say("  " + words("and {rest} more, none of them likelier; --json has them all", rest=rest))


def _in_words(belief: Belief) -> str:
    return words(
        "{category}: believed at {before:.1%} before, {after:.1%} after these reports ({most:.1%} "
        "whatever they say, {next:.1%} with one more)",
        category=belief.category,
        before=belief.prior,
        after=belief.posterior,
        most=belief.posterior_at_most,
        next=belief.posterior_after_one_more_at_most,
    )


def _print_quarter(
    quarter: Quarter, readings: Mapping[str, Sequence[str]], example: Sequence[str]
) -> None:
    since, until = quarter.since[:10], quarter.until[:10]
    click.secho(words("From {since} to {until}", since=since, until=until), bold=True)
    click.secho(words("Kept, encrypted, in this box alone"), bold=True)
    for kept in quarter.kept:
        line = counted("{number} viewing", "{number} viewings", kept.viewings)
        if not kept.allowed:
            line += " " + words("(keeping them is not granted)")
        click.echo(f"  {kept.profile}: {line}")
    click.echo(
        "  "
        + counted(
            "each for {number} day at most",
            "each for {number} days at most",
            quarter.retention_days,
        )
    )
    click.secho(words("Used, in this box"), bold=True)
    for used in quarter.used:
        click.echo(f"  {used.profile}: {_uses(used)}")
    click.secho(words("Sent"), bold=True)
    for sent in quarter.sent:
        _print_sent(sent)
        for line in readings[sent.report_id]:
            click.echo(f"    {line}")
    if not quarter.sent:
        click.echo("  " + words("no report was drawn"))
    for line in example:
        click.echo(f"    {line}")
    for week in quarter.missed_weeks:
        click.echo("  " + words("week {week} was let pass: off, or not allowed", week=week))
    if quarter.updated_at:
        at = quarter.updated_at
        click.echo("  " + words("plain downloads, without identity, last on {at}", at=at))
    click.secho(words("Spent"), bold=True)
    click.echo(
        "  "
        + words(
            "epsilon {quarter:.2f} in this quarter, {year:.2f} of at most {limit:.2f} in 52 weeks",
            quarter=quarter.spent.epsilon_quarter,
            year=quarter.spent.epsilon_last_52_weeks,
            limit=quarter.spent.epsilon_limit_52_weeks,
        )
    )

    _print_changes(quarter)


def _print_changes(quarter: Quarter) -> None:
    if quarter.ended_quarter is None:
        return
    click.secho(words("Changed in the last quarter"), bold=True)
    if not quarter.is_compared:
        click.echo("  " + words("there is no quarter before to compare it with"))
        return
    names = {
        "viewings": words("viewings kept"),
        "profiles": words("profiles"),
        "allowed": words("purposes granted"),
        "retention_days": words("days for which a viewing is kept"),
        "reports": words("reports drawn in 13 weeks"),
        "epsilon": words("epsilon spent in 52 weeks"),
    }
    for change in quarter.changes:
        changed = {"name": names[change.figure], "before": change.before, "now": change.now}
        click.echo("  " + words("{name}: {now:.3g}, {before:.3g} the quarter before", **changed))
    if not quarter.changes:
        click.echo("  " + words("nothing"))


def _uses(used: Used) -> str:
    uses = (
        (words("recommendations"), used.recommendations),
        (words("promotions"), used.promotions),
        (words("reports"), used.reports),
    )
    said = ", ".join(name for name, allowed in uses if allowed) or words("for nothing")
    if used.last_picks_at:
        said += "; " + words("last recommendations {at}", at=used.last_picks_at)
    return said


def _print_sent(sent: Sent) -> None:
    click.echo(
        "  "
        + words(
            "{size} bytes about week {week} to {recipient}: {outcome}",
            size=sent.body_bytes,
            week=sent.week,
            recipient=sent.recipient,
            outcome=sent.outcome,
        )
    )
    click.echo(f"    {sent.meaning}")


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
