"""``edgeagent recommend``: what to watch next, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from edgeagent.cli.box_options import BoxOptions, pass_box, profile_option
from edgeagent.cli.wording import TranslatedCommand, words
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option
from edgeagent.messages import Pick
from edgeagent.messages.fields import MAX_PICKS
from edgeagent.ranking.words import words_for
from edgeagent.services.week_lists import Week

__all__ = ["command"]


@click.command(
    name="recommend",
    cls=TranslatedCommand,
    examples={
        "the three best": "edgeagent recommend --limit 3",
        "the list of the week": "edgeagent recommend --week",
        "at once, as they were made last": "edgeagent recommend --cached",
    },
)
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, MAX_PICKS))
@click.option(
    "--cached", is_flag=True, help="Serve the last list at once, if it is a day old at most."
)
@click.option("--week", is_flag=True, help="Show the list of the week instead.")
@profile_option
@json_option
@pass_box
def command(
    box: BoxOptions,
    *,
    limit: int,
    cached: bool,
    week: bool,
    named_profile: str | None,
    as_json: bool,
) -> None:
    """Rank titles for a profile, each with the watched titles that caused it.

    What was begun comes first, apart from what is new. Of a new list one title in ten is drawn from
    what nearly made it.
    """
    with box.look() as agent:
        profile = agent.household.chosen(named_profile)
        if week:
            _print_week(agent.week_list(profile=profile), as_json=as_json)
            return
        picks = agent.recommend(profile=profile, limit=limit, cached=cached)
    if as_json:
        emit_json(picks)
        return
    files: dict[str, list[str]] = {}
    for variant in picks.artwork:
        files.setdefault(variant.entity_id, []).append(variant.file)
    if picks.ranked_by == "popularity":
        click.secho(
            words("No model works, so these are popular titles: edgeagent model status"), err=True
        )
    if picks.continue_watching:
        click.echo(words("Continue watching"))
        _print_list(picks.continue_watching, files)
        click.echo("\n" + words("New"))
    _print_list(picks.picks, files)
    if not picks.picks:
        click.echo(
            words(
                "nothing new is left for {profile}: all there is was watched or hidden",
                profile=profile,
            )
        )


def _print_week(week: Week | None, *, as_json: bool) -> None:
    if as_json:
        emit_json(week)
        return
    if week is None:
        click.echo(words("there is no list of the week: nothing that it could be based on"))
        return
    theme = week.theme
    name = words("Your week") if theme is None else words("Your week: {theme}", theme=theme.english)
    click.secho(name, bold=True)
    reasons = ", ".join(reason.title for reason in week.reasons)
    click.echo(
        words(
            "because of {reasons}; made {made}, the same until {until}",
            reasons=reasons,
            made=iso_utc(week.made_at)[:10],
            until=iso_utc(week.ends_at)[:10],
        )
    )
    _print_list(week.picks, {})


def _print_list(picks: tuple[Pick, ...], files: Mapping[str, Sequence[str]]) -> None:
    for rank, pick in enumerate(picks, start=1):
        year = f" ({pick.year})" if pick.year else ""
        click.secho(f"{rank:3}. {pick.title}{year}", bold=True, nl=False)
        click.echo(f"  {', '.join(pick.genres)}  [{pick.entity_id}]")
        click.echo(f"     {words_for(pick, say=words)}")
        for file in files.get(pick.entity_id, ()):
            click.echo(f"     {file}")
