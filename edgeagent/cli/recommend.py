"""``edgeagent recommend``: what to watch next, and why."""

from __future__ import annotations

import click

from edgeagent.cli.door import (
    Box,
    chosen_profile,
    emit_json,
    json_option,
    pass_box,
    profile_option,
)
from edgeagent.messages import Pick, Reason

__all__ = ["command", "reasons_in_words"]

_MOST_REASONS = 3


@click.command(name="recommend")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 1000))
@click.option("--explain", "entity_id", metavar="ENTITY_ID", help="Explain this one title instead.")
@profile_option
@json_option
@pass_box
def command(
    box: Box, *, limit: int, entity_id: str | None, named_profile: str | None, as_json: bool
) -> None:
    """Rank titles for a profile, each with the watched titles that caused it."""
    with box.open() as agent:
        profile = chosen_profile(agent, named_profile)
        if entity_id is not None:
            pick = agent.explain(entity_id, profile=profile)
            _print_parts(pick, as_json=as_json)
            return
        picks = agent.recommend(profile=profile, limit=limit)
    if as_json:
        emit_json(picks)
        return
    for rank, pick in enumerate(picks.picks, start=1):
        year = f" ({pick.year})" if pick.year else ""
        click.secho(f"{rank:3}. {pick.title}{year}", bold=True, nl=False)
        click.echo(f"  {', '.join(pick.genres)}  [{pick.entity_id}]")
        click.echo(f"     {reasons_in_words(pick.reasons)}")


def reasons_in_words(reasons: tuple[Reason, ...]) -> str:
    """Say in one line which parts raised a score most."""
    raising = [reason for reason in reasons if reason.contribution > 0]
    watched = [f"{r.title} ({r.share_fraction:.0%})" for r in raising if r.kind == "watched"]
    if watched:
        return "Because you watched " + ", ".join(watched[:_MOST_REASONS])
    return "Popular now" if raising and raising[0].kind == "popular" else "New here"


def _print_parts(pick: Pick, *, as_json: bool) -> None:
    if as_json:
        emit_json(pick)
        return
    click.secho(f"{pick.title}: score {pick.score:.4f}", bold=True)
    for reason in pick.reasons:
        name = reason.title or reason.kind
        click.echo(f"  {reason.contribution:+.4f}  {reason.share_fraction:5.1%}  {name}")
    click.echo(f"  {sum(r.contribution for r in pick.reasons):+.4f}  sum of the parts")
