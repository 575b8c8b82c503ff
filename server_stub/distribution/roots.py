"""The root of trust: made once, followed by roots that its keys sign, each a version higher.

A root that lacks signatures waits as a draft beside the other keys until the holders of root keys
have signed it; the repository is not changed before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Delegations, Key, Metadata, Root

from edgeagent.errors import InputError, OutputError
from edgeagent.messages.targets import LIST_FIELD, LOG_ROLE, MODEL_ROLES, ContentRole
from edgeagent.randomness import SystemRandomSource
from edgeagent.regular_file import read_regular
from server_stub.distribution.directory import (
    TOP_LEVEL_ROLES,
    Published,
    replace_file,
)
from server_stub.distribution.keys import KeyRing, key_file_name
from server_stub.distribution.operator import Operator
from server_stub.distribution.publication import Publication, delegations_to

__all__ = [
    "DraftFacts",
    "RootDraft",
    "delegations_with_all_roles",
    "draft_facts",
    "draft_path",
    "establish",
    "first_root",
    "new_list_id",
    "show_draft",
    "sign_draft",
    "successor",
]

_ROLES_OF_ALL = (*MODEL_ROLES, LOG_ROLE)
_LIST_ID_BITS = 128
_DRAFT_NAME = "root-draft.json"
_CAP_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RootDraft:
    """A root on its way."""

    version: int
    path: Path | None
    """Where it waits for signatures; ``None``: boxes see it."""
    missing: int
    """Signatures that are still needed."""


class DraftFacts(TypedDict):
    """What a draft says and who signed it, as far as it tells by itself."""

    version: int
    expires: str
    """ISO 8601, UTC."""
    list_id: str | None
    """Of the list of releases; ``None`` in repositories of earlier releases."""
    keys: dict[str, list[str]]
    """Names of key files by role; a delegated role's are with ``targets``."""
    threshold: int
    """How many of the root keys that it names have to sign."""
    signatures: int
    """By root keys that it names, verified."""
    others: int
    """By other keys: where root keys are replaced, those of the root before have to sign too."""


def new_list_id() -> str:
    """Return a random id for a list of releases."""
    return f"{SystemRandomSource().below(1 << _LIST_ID_BITS):032x}"


def first_root(operator: Operator, *, threshold: int = 1) -> tuple[Metadata[Root], Delegations]:
    """Return a first root, and delegations; keys are made where they are not there yet.

    Args:
        operator: has one directory for the keys of every day, and one for each root key.
        threshold: how many of the root keys have to sign a root.

    Raises:
        InputError: more signatures are wanted than there are keys.
        OutputError: something cannot be written.

    """
    places = operator.root_keys.directories
    if not 1 <= threshold <= len(places):
        raise InputError(
            f"a threshold of {threshold} with {len(places)} root keys",
            hint="name more directories with --root-keys, or a lower threshold",
        )
    directory = operator.keys.directories[0]
    root = Root(
        version=1,
        expires=operator.expires(operator.lifetimes.root_days),
        consistent_snapshot=True,
        unrecognized_fields={LIST_FIELD: new_list_id()},
    )
    for role in TOP_LEVEL_ROLES[1:]:
        root.add_key(operator.keys.made(role, directory).public_key, role)
    for place in places:
        root.add_key(operator.root_keys.made("root", place).public_key, "root")
    root.roles["root"].threshold = threshold
    keys = {role: operator.keys.made(role, directory).public_key for role in _ROLES_OF_ALL}
    metadata = Metadata(root)
    _sign(metadata, operator.root_keys)
    return metadata, delegations_to(keys)


def successor(
    operator: Operator, root: Root, *, keys: Mapping[str, Sequence[Key]] | None = None
) -> Root:
    """Return the root that follows, with a new expiry, and new keys for some roles."""
    following = deepcopy(root)
    following.version += 1
    following.expires = operator.expires(operator.lifetimes.root_days)
    for role, replacing in (keys or {}).items():
        for keyid in tuple(following.roles[role].keyids):
            following.revoke_key(keyid, role)
        for key in replacing:
            following.add_key(key, role)
    return following


def establish(operator: Operator, before: Published, root: Root) -> RootDraft:
    """Sign a root with the root keys that are here, and show it, or keep it as a draft.

    Raises:
        InputError: another draft is waiting, or a key of every day is not here.
        OutputError: something cannot be written.

    """
    path = draft_path(operator)
    if path.exists() and _read_draft(path).signed.version > before.root.version:
        raise InputError(
            f"{path} is waiting for signatures",
            hint=f"sign it with 'server-stub repo sign-root', or give it up: rm {path}",
        )
    metadata = Metadata(root)
    _sign(metadata, operator.root_keys)
    return _go_on(operator, before, metadata, path)


def draft_facts(path: Path) -> DraftFacts:
    """Say what the holder of a root key is to sign, and how far that is signed.

    Raises:
        InputError: there is no draft.

    """
    metadata = _read_draft(path)
    root = metadata.signed
    result = root.get_verification_result("root", metadata.signed_bytes, metadata.signatures)
    list_id = root.unrecognized_fields.get(LIST_FIELD)
    return DraftFacts(
        version=root.version,
        expires=root.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        list_id=list_id if isinstance(list_id, str) else None,
        keys={
            role: [key_file_name(role, keyid) for keyid in root.roles[role].keyids]
            for role in TOP_LEVEL_ROLES
        },
        threshold=result.threshold,
        signatures=len(result.signed),
        others=len(metadata.signatures) - len(result.signed),
    )


def sign_draft(path: Path, ring: KeyRing) -> DraftFacts:
    """Add the signatures of the root keys that are here.

    Raises:
        InputError: there is no draft, or no root key.
        OutputError: it cannot be written.

    """
    metadata = _read_draft(path)
    if not _sign(metadata, ring):
        places = ", ".join(map(str, ring.directories))
        raise InputError(
            f"no root key in {places}", hint="name the directory of a root-*.pem with --root-keys"
        )
    _keep(path, metadata)
    return draft_facts(path)


def show_draft(operator: Operator, path: Path) -> RootDraft:
    """Show a draft to boxes if it has enough signatures.

    Raises:
        InputError: there is no draft, or it is of another repository or an older state.

    """
    metadata = _read_draft(path)
    with operator.changing() as before:
        if metadata.signed.version != before.root.version + 1:
            raise InputError(
                f"{path} is version {metadata.signed.version} of a root, and the repository has "
                f"{before.root.version}",
                hint=f"it was shown already, or is of another repository; delete it: rm {path}",
            )
        return _go_on(operator, before, metadata, path)


def draft_path(operator: Operator) -> Path:
    """Return where a draft of a root waits, which need not be there."""
    return operator.keys.directories[0] / _DRAFT_NAME


def _go_on(
    operator: Operator, before: Published, metadata: Metadata[Root], path: Path
) -> RootDraft:
    missing = max(
        one.get_verification_result("root", metadata.signed_bytes, metadata.signatures).missing
        for one in (before.root, metadata.signed)
    )
    version = metadata.signed.version
    if missing:
        _keep(path, metadata)
        return RootDraft(version=version, path=path, missing=missing)
    Publication(operator, before, root=metadata).write(
        {}, delegations=delegations_with_all_roles(operator, before)
    )
    path.unlink(missing_ok=True)
    return RootDraft(version=version, path=None, missing=0)


def _sign(metadata: Metadata[Root], ring: KeyRing) -> int:
    """Sign with every root key that is here, old and new; return how many that are."""
    signers = ring.all_of("root")
    for signer in signers:
        metadata.sign(signer, append=True)
    return len(signers)


def _keep(path: Path, metadata: Metadata[Root]) -> None:
    try:
        replace_file(path, metadata.to_bytes())
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}", hint="make room, and type it again"
        ) from error


def delegations_with_all_roles(
    operator: Operator, before: Published, *further: ContentRole
) -> Delegations | None:
    """Return delegations to roles that a repository lacks, too; ``None`` if it has all.

    An older one lacks the list's, and each the ``further`` ones until it needs them.
    """
    wanted = (*_ROLES_OF_ALL, *further)
    top = before.targets["targets"].delegations
    present = (top.roles if top is not None else None) or {}
    if top is None or all(role in present for role in wanted):
        return None
    keys = {role: top.keys[present[role].keyids[0]] for role in present}
    for role in wanted:
        if role not in keys:
            keys[role] = operator.keys.made(role, operator.keys.directories[0]).public_key
    return delegations_to(keys)


def _read_draft(path: Path) -> Metadata[Root]:
    try:
        return Metadata[Root].from_bytes(read_regular(path, cap_bytes=_CAP_BYTES))
    except (OSError, RepositoryError, ValueError) as error:
        raise InputError(
            f"{path} is no draft of a root: {error}",
            hint="'rotate-keys' and 'refresh root' write one where root keys are missing",
        ) from error
