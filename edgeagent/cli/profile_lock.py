"""``edgeagent profile lock``: a PIN that is asked for before anything is widened."""

from __future__ import annotations

import click

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.pin import read_new_pin, read_pin
from edgeagent.cli.wording import TranslatedCommand, counted, words
from edgeagent.command_group import emit_json, json_option
from edgeagent.services.household.profile_lock import LockState

__all__ = ["command"]


@click.command(
    name="lock",
    cls=TranslatedCommand,
    examples={
        "children switch to no adult's profile": "edgeagent profile lock --set",
        "no PIN any more": "edgeagent profile lock --remove",
    },
)
@click.option("--set", "sets", is_flag=True, help="Choose a PIN, or another one.")
@click.option("--remove", is_flag=True, help="Ask for no PIN any more.")
@json_option
@pass_box
def command(box: BoxOptions, *, sets: bool, remove: bool, as_json: bool) -> None:
    """Show the profile lock; set, change or remove its PIN.

    With a lock, a PIN of 4 to 12 digits is asked for before a switch to another adult's profile or
    to one that is shown more, a consent, another age limit, a longer retention and the removal of a
    profile; never to withdraw or to erase everything. It is typed unseen, a new one twice, or read
    from standard input, a line for each; first the present one.
    """
    if sets and remove:
        raise click.UsageError(words("--set and --remove exclude each other"))
    if sets or remove:
        with box.open() as agent:
            lock = agent.household.lock
            present = None
            if lock.state().on:
                present = read_pin(words("PIN of the profile lock"))
                lock.require(present)
            new = read_new_pin(words("New PIN, 4 to 12 digits")) if sets else None
            state = lock.choose(new, pin=present)
    else:
        with box.look() as agent:
            state = agent.household.lock.state()
    if as_json:
        emit_json(state)
    else:
        _print(state)


def _print(state: LockState) -> None:
    if not state.on:
        click.echo(words("no profile lock: nobody is asked for a PIN"))
        return
    click.echo(words("the profile lock is on"))
    if state.wrong_tries:
        click.echo(
            counted(
                "{number} wrong PIN since the last right one",
                "{number} wrong PINs since the last right one",
                state.wrong_tries,
            )
        )
    if state.wait_seconds:
        click.echo(
            counted(
                "the next one counts in {number} second",
                "the next one counts in {number} seconds",
                state.wait_seconds,
            )
        )
