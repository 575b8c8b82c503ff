"""``edgeagent consent``: what is allowed, for what, since when."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from edgeagent.agent import Agent
from edgeagent.cli.box_options import (
    BoxOptions,
    pass_box,
    profile_option,
    reports_called_off,
    yes_option,
)
from edgeagent.cli.pin import with_pin
from edgeagent.cli.privacy import print_assessment, print_briefly
from edgeagent.cli.wording import TranslatedGroup, counted, said, words
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option
from edgeagent.consent import ConsentRecord, Purpose
from edgeagent.messages.terms import TermChange
from edgeagent.services.household.signals import Signal

__all__ = ["command"]

_purpose_argument = click.argument(
    "purposes", nargs=-1, required=True, type=click.Choice([p.value for p in Purpose])
)


@click.group(
    name="consent",
    cls=TranslatedGroup,
    examples={
        "what each purpose means": "edgeagent consent show",
        "keep viewings, for recommendations": "edgeagent consent grant history personalization",
        "no more reports": "edgeagent consent withdraw reporting",
    },
)
def command() -> None:
    """Show, grant or withdraw consent, purpose by purpose; all are off until granted."""


@command.command()
@profile_option
@json_option
@pass_box
def show(box: BoxOptions, *, named_profile: str | None, as_json: bool) -> None:
    """Show each purpose, what it means, and how it stands."""
    with box.look() as agent:
        profile = agent.household.chosen(named_profile)
        states = agent.consent(profile)
        may_consent = agent.household.may_consent(profile)
        notice = agent.gate.notice()
    if as_json:
        emit_json({"profile": profile, "purposes": states})
        return
    if not may_consent:
        click.echo(
            words(
                "nothing of profile {profile} is ever kept, used or counted: nothing to allow",
                profile=profile,
            )
            + "\n"
        )
    for state in states:
        text = notice.purposes[state.purpose]
        mark = words("on") if state.granted else words("off")
        click.secho(f"[{mark:3}] {state.purpose}: {text.title}", bold=True)
        click.echo(f"      {text.text}")
        if state.since is not None and state.expires_at is not None:
            since, until = iso_utc(state.since), iso_utc(state.expires_at)
            click.echo("      " + words("since {since}, until {until}", since=since, until=until))
        elif state.granted:
            click.echo("      " + words("for two years, which begin when the time is known"))
        elif may_consent:
            click.echo(f"      {said(state.reason)}")
        for change in state.changes:
            click.echo(f"      {_change_in_words(change)}")


def _change_in_words(change: TermChange) -> str:
    names = {
        "meanings": words("what it allows"),
        "mechanisms": words("how noise may be added"),
        "odds": words("the most that a report may cost, as e^epsilon"),
        "recipients": words("where reports may go"),
        "retention_days": words("days for which a viewing is kept"),
        "schemes": words("what a report may tell of a session"),
        "spacing_weeks": words("fewest weeks between reports"),
    }
    changed = {
        "name": names[change.term],
        "before": change.before or words("none"),
        "now": change.now or words("none"),
    }
    return words("{name}: {now} now, {before} when it was allowed", **changed)


@command.command()
@_purpose_argument
@profile_option
@yes_option
@json_option
@pass_box
def grant(
    box: BoxOptions,
    *,
    purposes: tuple[str, ...],
    named_profile: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Allow one or more purposes.

    The privacy assessment is shown before: all of it, and at a terminal the answer is awaited, when
    the household is to take part in reports, which needs history and reporting; else its upshot.
    --yes does not wait, --json shows nothing.
    """
    with box.open(writes=True) as agent:
        profile = agent.household.chosen(named_profile)
        if not as_json:
            _show_before(agent, purposes, profile, yes=yes)
        records = with_pin(lambda pin: _grant_all(agent, purposes, profile=profile, pin=pin))
        ends = [agent.gate.state(record.purpose, profile=profile).expires_at for record in records]
    if as_json:
        emit_json({"records": records})
        return
    for record, end in zip(records, ends, strict=True):
        named = {"purpose": record.purpose, "profile": profile}
        if end is None:
            said = words(
                "granted {purpose} for {profile}, for two years, which begin when the time is "
                "known",
                **named,
            )
        else:
            said = words(
                "granted {purpose} for {profile}, until {until}", until=iso_utc(end), **named
            )
        click.echo(said)


def _grant_all(
    agent: Agent, purposes: tuple[str, ...], *, profile: str, pin: str | None
) -> list[ConsentRecord]:
    return [agent.grant(Purpose(purpose), profile=profile, pin=pin) for purpose in purposes]


def _show_before(agent: Agent, purposes: tuple[str, ...], profile: str, *, yes: bool) -> None:
    agent.household.require_may_consent(profile)
    assessment = agent.reports.assess()
    if not _leads_to_reports(agent, purposes, profile):
        print_briefly(assessment)
        return
    print_assessment(assessment, err=True)
    if not yes and sys.stdin.isatty():
        click.confirm(words("Allow reports?"), abort=True, err=True)


def _leads_to_reports(agent: Agent, purposes: tuple[str, ...], profile: str) -> bool:
    """Say whether this grant is the one after which something may leave."""
    if Purpose.HISTORY not in purposes:
        return Purpose.REPORTING in purposes
    return Purpose.REPORTING in purposes or agent.gate.holds(Purpose.REPORTING, profile=profile)


@command.command()
@_purpose_argument
@profile_option
@json_option
@pass_box
def withdraw(
    box: BoxOptions, *, purposes: tuple[str, ...], named_profile: str | None, as_json: bool
) -> None:
    """Withdraw one or more purposes; what rested on them is gone when this returns.

    Nothing delays it: the assessment's upshot is shown afterwards.
    """
    with box.open(writes=True) as agent:
        profile = agent.household.chosen(named_profile)
        records = [agent.withdraw(Purpose(purpose), profile=profile) for purpose in purposes]
        _show_after(agent, as_json=as_json)
    if as_json:
        emit_json({"records": records})
        return
    for record in records:
        _say_withdrawn(record)
    _say_called_off(records)


def _say_withdrawn(record: ConsentRecord) -> None:
    click.echo(
        words("withdrew {purpose} for {profile}", purpose=record.purpose, profile=record.profile)
    )


def _say_called_off(records: Sequence[ConsentRecord]) -> None:
    if any(record.purpose is not Purpose.PROMOTION for record in records):
        click.echo(reports_called_off())


def _show_after(agent: Agent, *, as_json: bool) -> None:
    if not as_json:
        print_briefly(agent.reports.assess())


@command.command()
@yes_option
@json_option
@pass_box
def off(box: BoxOptions, *, yes: bool, as_json: bool) -> None:
    """Switch everything off: every purpose of every profile, and what rested on it is deleted.

    Profiles and the record of decisions stay; 'erase --scope all' deletes those, too.
    """
    with box.open(writes=True) as agent:
        if not yes:
            question = words("Switch everything off, for every profile, and delete all histories?")
            click.confirm(question, abort=True, err=True)
        records = agent.household.switch_everything_off()
        _show_after(agent, as_json=as_json)
    if as_json:
        emit_json({"records": records})
        return
    for record in records:
        _say_withdrawn(record)
    _say_called_off(records)
    if not records:
        click.echo(words("nothing was allowed: everything is off"))


@command.command()
@click.argument("switch", required=False, type=click.Choice(["on", "off"]))
@json_option
@pass_box
def hints(box: BoxOptions, *, switch: str | None, as_json: bool) -> None:
    """Show whether the switches may ever suggest something, for all profiles, or set it.

    A suggestion says once that nobody has decided about a purpose, or that one serves nothing.
    """
    with box.open(writes=switch is not None) as agent:
        if switch is not None:
            agent.household.hints.switch(on=switch == "on")
        is_on = agent.household.hints.are_on()
    by_settings = box.config().consent_hints
    if as_json:
        emit_json({"on": is_on, "allowed_by_settings": by_settings})
    elif is_on and not by_settings:
        click.echo(words("off: consent_hints is false in the settings"))
    else:
        click.echo(words("on") if is_on else words("off"))


@command.command()
@click.argument("name", type=click.Choice([signal.value for signal in Signal]))
@json_option
@pass_box
def signal(box: BoxOptions, *, name: str, as_json: bool) -> None:
    """Apply a signal from outside, for all profiles; it withdraws and never grants."""
    with box.open(writes=True) as agent:
        records = agent.apply_signal(Signal(name))
        _show_after(agent, as_json=as_json)
    if as_json:
        emit_json({"records": records})
        return
    for record in records:
        _say_withdrawn(record)
    click.echo(
        counted(
            "applied {name}: {number} consent withdrawn",
            "applied {name}: {number} consents withdrawn",
            len(records),
            name=name,
        )
    )
    _say_called_off(records)


@command.command()
@click.option("--profile", metavar="NAME", help="Whose decisions.  [default: everybody's]")
@json_option
@pass_box
def receipt(box: BoxOptions, *, profile: str | None, as_json: bool) -> None:
    """Print every decision, with the record fields of ISO/IEC TS 27560."""
    with box.look() as agent:
        issued = agent.consent_receipt(profile)
        if profile is not None and not issued.records:  # of one that is gone they are kept
            agent.household.require(profile)
    if as_json:
        emit_json(issued)
        return
    click.echo(words("{schema}, issued {at}", schema=issued.schema_version, at=issued.issued_at))
    click.echo(
        counted(
            "viewings are kept for {number} day, in this box only",
            "viewings are kept for {number} days, in this box only",
            issued.retention_days,
        )
    )
    for entry in issued.records:
        click.echo(
            f"{entry.event_time}  {entry.pii_principal_id}  "
            + words(
                "{purpose}: {event} by {entity}, {state}, valid until {until}",
                purpose=entry.purpose,
                event=entry.event_type,
                entity=entry.entity_id,
                state=entry.event_state,
                until=entry.valid_until,
            )
        )
        click.echo(
            "    "
            + words(
                "notice {version} ({language}) sha256 {digest}…, record {record}…",
                version=entry.notice_version,
                language=entry.language,
                digest=entry.notice_sha256[:16],
                record=entry.record_id[:16],
            )
        )
    click.echo(counted("{number} decision", "{number} decisions", len(issued.records)))
