"""Sign again: the timestamp every few days, other roles when they run out, new keys, a new list."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from edgeagent.clock import Clock, SystemClock
from edgeagent.errors import EdgeAgentError, InputError
from edgeagent.messages.targets import CONTENT_ROLES, DELEGATED_ROLES, LIST_FIELD
from server_stub.distribution.directory import TOP_LEVEL_ROLES, Published
from server_stub.distribution.operator import Operator
from server_stub.distribution.publication import Publication, delegations_to
from server_stub.distribution.roots import RootDraft, establish, new_list_id, successor

__all__ = ["ROLES", "begin_list", "keep_refreshing", "refresh", "rotate_keys"]

ROLES = (*TOP_LEVEL_ROLES, *DELEGATED_ROLES)


def refresh(operator: Operator, roles: Sequence[str] = ()) -> RootDraft | None:
    """Sign the timestamp again, and roles whose signatures run out.

    Without roles it needs the timestamp's key only, so that a machine which signs every day need
    not hold any other.

    Returns:
        the state of a new root, if one was asked for.

    Raises:
        InputError: a key is not here.
        OutputError: the directory cannot be written.

    """
    with operator.changing() as before:
        if not set(roles) - {"timestamp"}:
            data = Publication(operator, before).timestamp(before.snapshot.version)
            with operator.repository.writing():
                operator.repository.write_metadata("timestamp.json", data)
            return None
        others = [role for role in roles if role != "root"]
        present = _renewed(operator, before, others) if others else before
        if "root" not in roles:
            return None
        return establish(operator, present, successor(operator, present.root))


def keep_refreshing(
    operator: Operator,
    once: Callable[[Operator], object],
    *,
    failed: Callable[[EdgeAgentError], None],
    every_seconds: int,
    clock: Clock | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Refresh again and again, until interrupted; a refresh that fails is told and tried again.

    Args:
        operator: gets the time of each refresh.
        once: signs, and says so.
        failed: says that it did not.
        every_seconds: from the end of one to the next.
        clock: the system's if absent.
        wait: returns after so many seconds.

    """
    clock = clock or SystemClock()
    while True:
        wait(every_seconds)
        try:
            once(replace(operator, now=clock.now()))
        except EdgeAgentError as error:
            failed(error)


def rotate_keys(
    operator: Operator, roles: Sequence[str], *, threshold: int | None = None
) -> RootDraft | None:
    """Replace keys; old ones sign the change as far as they are here, and count no more after it.

    Args:
        operator: new keys are made in its first directory; new root keys in each directory of its
            root keys.
        roles: whose keys.
        threshold: how many of the new root keys have to sign a root; the same as before if absent.

    Returns:
        the state of a new root, if one is needed.

    Raises:
        InputError: a key is not here, or more signatures are wanted than there are keys.
        OutputError: something cannot be written.

    """
    places = operator.root_keys.directories
    with operator.changing() as before:
        wanted = threshold or before.root.roles["root"].threshold
        keys = len(places if "root" in roles else before.root.roles["root"].keyids)
        if wanted > keys:
            raise InputError(
                f"a threshold of {wanted} with {keys} root keys",
                hint="name more directories with --root-keys, or a lower --threshold",
            )
        delegated = [role for role in DELEGATED_ROLES if role in roles]
        present = _redelegated(operator, before, delegated) if delegated else before
        ring = operator.keys
        top = {
            role: [ring.make(role, ring.directories[0]).public_key]
            for role in TOP_LEVEL_ROLES
            if role in roles and role != "root"
        }
        if "root" in roles:
            top["root"] = [operator.root_keys.make("root", place).public_key for place in places]
        if not top:
            return None
        root = successor(operator, present.root, keys=top)
        root.roles["root"].threshold = wanted
        return establish(operator, present, root)


def begin_list(operator: Operator) -> RootDraft:
    """Begin a new list of releases: the way out after a reset that boxes refuse.

    Raises:
        InputError: a key is not here.
        OutputError: the directory cannot be written.

    """
    with operator.changing() as before:
        root = successor(operator, before.root)
        root.unrecognized_fields[LIST_FIELD] = new_list_id()
        return establish(operator, before, root)


def _redelegated(operator: Operator, before: Published, roles: Sequence[str]) -> Published:
    top = before.targets["targets"].delegations
    present = (top.roles if top is not None else None) or {}
    keys = {role: top.keys[present[role].keyids[0]] for role in present} if top is not None else {}
    ring = operator.keys
    keys |= {role: ring.make(role, ring.directories[0]).public_key for role in roles}
    Publication(operator, before).write({}, delegations=delegations_to(keys), renewed=roles)
    return _again(operator)


def _renewed(operator: Operator, before: Published, roles: Sequence[str]) -> Published:
    missing = [role for role in roles if role not in before.metadata()]
    if missing:
        raise InputError(
            f"this repository has no role {missing[0]}",
            hint="'server-stub repo rotate-keys' gives it a first key, "
            "and so does what is published first: 'server-stub repo publish-creatives'",
        )
    known = [role for role in ("targets", *CONTENT_ROLES) if role in roles]
    Publication(operator, before).write({}, renewed=known)
    return _again(operator)


def _again(operator: Operator) -> Published:
    published = operator.repository.published()
    if published is None:
        message = "what was just written is not there"
        raise InputError(message, hint="look at the repository with 'server-stub repo status'")
    return published
