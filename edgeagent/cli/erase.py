"""``edgeagent erase``: delete for good, and print a receipt."""

from __future__ import annotations

from contextlib import ExitStack

import click

from edgeagent.cli.box_options import BoxOptions, called_off, pass_box, yes_option
from edgeagent.cli.pin import with_pin
from edgeagent.cli.wording import TranslatedCommand, said, words
from edgeagent.clock import SystemClock, iso_utc
from edgeagent.command_group import emit_json, json_option
from edgeagent.errors import DiskFull, InputError, MalformedMessage, StorageError
from edgeagent.messages.fields import ErasureReason
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.services.upkeep.box_erasure import erase_box
from edgeagent.services.upkeep.erasure import REASONS, ErasureReceipt
from edgeagent.services.upkeep.key_management import configured_provider
from edgeagent.store.home_files import holds_box

__all__ = ["command"]


@click.command(
    name="erase",
    cls=TranslatedCommand,
    examples={
        "what everybody watched": "edgeagent erase --scope history",
        "everything, as before the box is given away": "edgeagent erase --scope all",
    },
)
@click.option(
    "--scope",
    required=True,
    type=click.Choice(["history", "profile", "all"]),
    help="What was watched, a profile with everything of it, or the whole box.",
)
@click.option("--reason", type=click.Choice(REASONS), default="user_request", show_default=True)
@click.option("--profile", metavar="NAME", help="Whose.  [history: everybody's; profile: active]")
@yes_option
@json_option
@pass_box
def command(
    box: BoxOptions,
    *,
    scope: str,
    reason: ErasureReason,
    profile: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase, and destroy the keys it lay under; what left the box stays on record.

    Scope all erases the records, too. The next start makes a new box, which reports nothing for
    13 weeks. With a profile lock it is refused for a minute first, and then needs no PIN.
    """
    box.require_no_other()
    if scope == "all" and profile is not None:
        raise InputError("--scope all knows no profile", hint="--scope profile erases one")
    if profile is not None:
        with box.open() as agent:
            agent.household.require(profile)  # nobody is asked about what there is not
    if scope == "all":
        _count_down(box)  # nor about what does not work yet
    if not yes:
        _ask(scope, profile)
    receipt, reports = _erase(box, scope=scope, reason=reason, profile=profile)
    if as_json:
        emit_json(receipt)
        return
    click.echo(
        words(
            "erased {scope}, reason {reason}, {at}",
            scope=receipt.scope,
            reason=receipt.reason,
            at=iso_utc(receipt.at),
        )
    )
    if receipt.kept:
        click.echo(words("kept: {kept}", kept=", ".join(map(said, receipt.kept))))
    click.echo(words("earlier copies: {copies}", copies=said(receipt.copies)))
    if reports:
        click.echo(reports)


def _ask(scope: str, profile: str | None) -> None:
    if profile is None:
        question = words("Erase {scope} for good?", scope=scope)
    else:
        question = words("Erase {scope} of {profile} for good?", scope=scope, profile=profile)
    click.confirm(question, abort=True, err=True)


def _count_down(box: BoxOptions) -> None:
    """Refuse for a minute where there is a profile lock; a box that cannot be read has none.

    Raises:
        CountingDown: the minute is not over.
        StorageError: the minute cannot be begun, or the disk is too full to look for a lock: then
            filling it would be a way around one.

    """
    if not holds_box(box.home):
        return
    with ExitStack() as opened:
        try:
            agent = opened.enter_context(box.open())
            lock = agent.household.lock
            lock.state()
        except DiskFull:
            raise
        except (StorageError, MalformedMessage):
            return
        lock.require_countdown()


def _erase(
    box: BoxOptions, *, scope: str, reason: ErasureReason, profile: str | None
) -> tuple[ErasureReceipt, str]:
    """Erase, and return the receipt and what became of reports."""
    if scope == "all":
        _count_down(box)
        provider = configured_provider(box.home, box.config())
        now = DeviceClock(SystemClock()).now()
        return erase_box(box.home, provider=provider, reason=reason, now=now), ""
    with box.open() as agent:
        if scope == "history":
            receipt = agent.erasure.erase_history(profile=profile, reason=reason)
        else:
            whose = agent.household.chosen(profile)
            receipt = with_pin(
                lambda pin: agent.erasure.erase_profile(whose, reason=reason, pin=pin)
            )
        withdraws = scope == "profile" or reason == "loss_of_consent"
        return receipt, called_off(agent, withdraws=withdraws)
