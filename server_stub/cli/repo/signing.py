"""``server-stub repo init``, ``refresh``, ``rotate-keys``, ``sign-root`` and ``new-list``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.clock import HOUR_SECONDS
from edgeagent.command_group import emit_json, json_option, print_error
from edgeagent.messages.targets import DELEGATED_ROLES
from server_stub.cli.repo.content import CONTENT_DAYS, TIMESTAMP_DAYS
from server_stub.cli.repo.operator_options import (
    KEY_DIRECTORY,
    PassphraseSource,
    operator_options,
)
from server_stub.cli.repo.shown import (
    say_content_of_draft,
    say_draft,
    say_signatures,
    say_state,
)

if TYPE_CHECKING:
    from server_stub.distribution.operator import Operator

__all__ = ["init", "new_list", "refresh", "rotate_keys", "show_root", "sign_root"]

_ROLES = click.Choice(["root", "timestamp", "snapshot", "targets", *DELEGATED_ROLES])
_THRESHOLD = click.option(
    "--threshold", type=click.IntRange(1, 9), help="How many root keys have to sign a root."
)


@click.command()
@_THRESHOLD
@operator_options(makes_keys=True, signs_root=True)
@json_option
def init(*, operator: Operator, threshold: int | None, as_json: bool) -> None:
    """Make keys and a repository without content; one that is there is left as it is.

    \b
    server-stub repo init --repository repository --keys keys \\
        --root-keys /media/a --root-keys /media/b --threshold 2
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution.publish import create  # noqa: PLC0415  (loads tuf)

    made = create(operator, threshold=threshold or 1)
    place = operator.repository.path
    say_state(operator, f"{place} {'is made' if made else 'was there'}", as_json=as_json)


@click.command()
@click.argument("roles", metavar="[ROLE]...", nargs=-1, type=_ROLES)
@click.option(
    "--every",
    "hours",
    metavar="HOURS",
    type=click.IntRange(1, 24 * 30),
    help="Go on until stopped, and sign once in so many hours.",
)
@CONTENT_DAYS
@TIMESTAMP_DAYS
@operator_options(signs_root=True)
@json_option
def refresh(
    *, operator: Operator, roles: tuple[str, ...], hours: int | None, as_json: bool
) -> None:
    """Sign the timestamp again, so that boxes know the state for the newest.

    It needs no key but the timestamp's. With roles, their signatures are
    renewed too, before they run out.

    \b
    server-stub repo refresh --every 24 --repository repository --keys keys
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution import renewal  # noqa: PLC0415  (loads tuf)

    def once(now: Operator) -> None:
        draft = renewal.refresh(now, roles)
        say_draft(now, draft, "refreshed", as_json=as_json)

    once(operator)
    if hours is not None:
        renewal.keep_refreshing(
            operator, once, failed=print_error, every_seconds=hours * HOUR_SECONDS
        )


@click.command()
@click.argument("roles", metavar="ROLE...", nargs=-1, required=True, type=_ROLES)
@_THRESHOLD
@operator_options(makes_keys=True, signs_root=True)
@json_option
def rotate_keys(
    *, operator: Operator, roles: tuple[str, ...], threshold: int | None, as_json: bool
) -> None:
    """Replace the keys of roles; boxes follow by themselves.

    Models, catalogue, tasks, creatives and log need the key of targets; the
    others need root keys. Delete the old key files once all is well.

    \b
    server-stub repo rotate-keys timestamp --repository repository --keys keys
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution.renewal import rotate_keys as sign  # noqa: PLC0415  (loads tuf)

    draft = sign(operator, roles, threshold=threshold)
    say_draft(operator, draft, f"new keys: {', '.join(roles)}", as_json=as_json)


@click.command()
@operator_options(makes_keys=True, signs_root=True)
@json_option
def new_list(*, operator: Operator, as_json: bool) -> None:
    """Begin a new list of releases, signed by root: the way out after a reset.

    Boxes that refuse a repository because its list does not go on from the one
    they saw accept the new list, and say so.

    \b
    server-stub repo new-list --repository repository --keys keys
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution.renewal import begin_list  # noqa: PLC0415  (loads tuf)

    say_draft(operator, begin_list(operator), "a new list begins", as_json=as_json)


@click.command()
@click.argument("draft", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--root-keys",
    multiple=True,
    required=True,
    type=KEY_DIRECTORY,
    help="Directory of a root key; may be repeated.",
)
@click.option(
    "--passphrase-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File with the passphrase of the root keys.",
)
@json_option
def sign_root(
    *, draft: Path, root_keys: tuple[Path, ...], passphrase_file: Path | None, as_json: bool
) -> None:
    """Add the signature of a root key to DRAFT, on any machine.

    It says first what is signed: compare that with what was agreed.
    Afterwards 'show-root' shows it to boxes, where the other keys are.

    \b
    server-stub repo sign-root keys/root-draft.json --root-keys /media/b
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution.keys import KeyRing  # noqa: PLC0415  (loads tuf)
    from server_stub.distribution.roots import draft_facts, sign_draft  # noqa: PLC0415

    # No repository is here: a draft is judged where it is shown.
    ring = KeyRing(root_keys, passphrase=PassphraseSource(passphrase_file), repository=None)
    if not as_json:
        say_content_of_draft(draft_facts(draft))  # before a passphrase is asked for
    facts = sign_draft(draft, ring)
    if as_json:
        emit_json({"draft": str(draft), **facts})
    else:
        say_signatures(draft, facts)


@click.command()
@click.option(
    "--draft",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The signed draft.  [default: root-draft.json in the first of --keys]",
)
@operator_options(makes_keys=True)
@json_option
def show_root(*, operator: Operator, draft: Path | None, as_json: bool) -> None:
    """Show a root to boxes once enough root keys have signed its draft.

    \b
    server-stub repo show-root --repository repository --keys keys
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution.roots import (  # noqa: PLC0415  (loads tuf)
        draft_path,
        show_draft,
    )

    shown = show_draft(operator, draft or draft_path(operator))
    say_draft(operator, shown, f"root version {shown.version} is shown", as_json=as_json)
