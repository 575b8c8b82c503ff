"""How the commands of ``server-stub repo`` say what a repository holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.command_group import emit_json

if TYPE_CHECKING:
    from server_stub.distribution.facts import RepositoryFacts
    from server_stub.distribution.operator import Operator
    from server_stub.distribution.roots import DraftFacts, RootDraft

__all__ = ["say_content_of_draft", "say_draft", "say_facts", "say_signatures", "say_state"]


def say_state(operator: Operator, done: str, *, as_json: bool) -> None:
    """Say what was done, and what boxes are told now."""
    from server_stub.distribution.facts import repository_facts  # noqa: PLC0415  (loads tuf)

    facts = repository_facts(operator.repository.path, now=operator.now)
    if as_json:
        emit_json(facts)
        return
    click.echo(done)
    _say_content(facts)


def say_draft(operator: Operator, draft: RootDraft | None, done: str, *, as_json: bool) -> None:
    """Say what was done, or what a new root is waiting for."""
    if draft is None or draft.path is None:
        say_state(operator, done, as_json=as_json)
    elif as_json:
        emit_json(
            {
                "draft": str(draft.path),
                "version": draft.version,
                "missing_signatures": draft.missing,
            }
        )
    else:
        click.echo(
            f"root version {draft.version} waits in {draft.path} for {draft.missing} more "
            "signatures; boxes see nothing of it yet.\n"
            f"next: server-stub repo sign-root {draft.path} --root-keys DIRECTORY, "
            "where a root key is, then show-root"
        )


def say_content_of_draft(facts: DraftFacts) -> None:
    """Say what the holder of a root key is to sign."""
    click.echo(f"root version {facts['version']}, until {facts['expires']}")
    click.echo(f"releases    list {facts['list_id'] or 'none'}")
    for role, names in facts["keys"].items():
        wanted = f", of which {facts['threshold']} sign a root" if role == "root" else ""
        click.echo(f"{role:10}  {', '.join(names)}{wanted}")


def say_signatures(draft: Path, facts: DraftFacts) -> None:
    """Say how far a draft is signed."""
    others = f", and {facts['others']} by other keys" if facts["others"] else ""
    click.echo(
        f"{draft} has {facts['signatures']} of the {facts['threshold']} signatures that it "
        f"demands{others}; next: server-stub repo show-root"
    )


def say_facts(facts: RepositoryFacts, *, as_json: bool) -> None:
    """Say all that there is to say about a repository."""
    if as_json:
        emit_json(facts)
        return
    click.echo("role        version  expires")
    for role, state in facts["roles"].items():
        click.echo(f"{role:10}  {state['version']:7}  {state['expires']}")
    click.echo(f"\n{'bytes':>11}  target")
    for target, length in facts["targets"].items():
        click.echo(f"{length:11,}  {target}")
    click.echo()
    _say_content(facts)
    click.echo(f"root keys   {facts['root_keys']}, of which {facts['root_threshold']} sign a root")


def _say_content(facts: RepositoryFacts) -> None:
    model, candidate, releases = facts["model"], facts["candidate"], facts["releases"]
    creatives = facts["creatives"]
    lines = {
        "model": "none" if model is None else f"{model['version']}  {model['sha256']}",
        "candidate": candidate
        and f"{candidate['version']}  {candidate['sha256']}, {facts['percent']} percent of boxes",
        "task": facts["task"] or "none",
        "creatives": creatives
        and f"{creatives['number']} of {creatives['issued']}  {creatives['sha256']}",
        "stopped": ", ".join(facts["stopped_models"] + facts["stopped_tasks"]),
        "releases": releases
        and f"{releases['length']} entries, list {releases['id']}, head {releases['head']}",
    }
    for name, value in lines.items():
        if value:
            click.echo(f"{name:10}  {value}")
    for warning in facts["warnings"]:
        click.echo(f"warning: {warning}", err=True)
