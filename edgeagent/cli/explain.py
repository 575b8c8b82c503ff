"""``edgeagent explain``: why a title would be picked, part by part."""

from __future__ import annotations

import click

from edgeagent.cli.box_options import BoxOptions, pass_box, profile_option
from edgeagent.cli.known_id import id_in_catalogue
from edgeagent.cli.wording import TranslatedCommand, words
from edgeagent.command_group import emit_json, json_option
from edgeagent.ranking.words import words_for

__all__ = ["command"]


@click.command(
    name="explain",
    cls=TranslatedCommand,
    examples={
        "an id in brackets, as 'recommend' prints it": "edgeagent explain movielens:260",
    },
)
@click.argument("entity_id")
@profile_option
@json_option
@pass_box
def command(box: BoxOptions, *, entity_id: str, named_profile: str | None, as_json: bool) -> None:
    """Say why ENTITY_ID would be recommended: the parts that add up to its score.

    The beginning of an id is enough where only one begins so.
    """
    with box.look() as agent:
        profile = agent.household.chosen(named_profile)
        pick = agent.explain(id_in_catalogue(agent, entity_id), profile=profile)
    if as_json:
        emit_json(pick)
        return
    click.secho(words("{title}: score {score:.4f}", title=pick.title, score=pick.score), bold=True)
    click.echo(f"  {words_for(pick, say=words)}")
    for reason in pick.reasons:
        name = reason.title or reason.kind
        click.echo(f"  {reason.contribution:+.4f}  {reason.share_fraction:5.1%}  {name}")
    total = sum(reason.contribution for reason in pick.reasons)
    click.echo(f"  {total:+.4f}  " + words("sum of the parts"))
