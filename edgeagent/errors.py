"""Every error edgeagent raises on purpose, in one tree.

    EdgeAgentError
    ├── InputError            something handed to us is wrong: a file, a line, a field, a value
    │   ├── MalformedMessage  bytes that are not the message they claim to be
    │   └── UnknownEntity     an entity id that the catalogue does not hold
    ├── ConsentRequired       a purpose has not been granted
    ├── ProfileLocked         the profile lock asks for its PIN
    │   ├── CountingDown      everything can be erased when the countdown is over
    │   ├── WrongPin          it is another one
    │   └── TooManyTries      too many were tried; the next counts after a while
    ├── StorageError          the encrypted store cannot do what was asked
    │   ├── WrongKey          the file does not open under this key
    │   ├── NotOurDatabase    the file is not an edgeagent store
    │   ├── Damaged           the file is ours, and broken
    │   ├── DiskFull          no room, or no permission, to write
    │   ├── WrongOwner        a file belongs to another user
    │   ├── KeyProviderError  the key-encryption key cannot be obtained
    │   └── LedgerBroken      the ledger and its anchor disagree
    ├── ModelError            a model, catalogue or manifest cannot be used
    │   ├── ModelRefused      it failed a check; the old one keeps working
    │   └── NoModel           nothing has been downloaded yet
    ├── NetworkError          the other side cannot be reached or answers nonsense
    │   └── UpdateRefused     TUF verification failed: unsigned, rolled back, expired, altered
    ├── TooManyViewings       apps tell of more than the settings allow in an hour
    ├── PolicyError           a report, its budget or a publication would exceed a compiled limit
    ├── OutputError           what a command prints or writes cannot go where it was to go
    └── PromiseBroken         a simulation or audit saw a promise fail

Each class carries the exit code of the command line and the error code of JSON-RPC, those of its
parent unless it says otherwise: no two branches share a code. Each instance carries a ``hint``:
what to do about it.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "ConsentRequired",
    "CountingDown",
    "Damaged",
    "DiskFull",
    "EdgeAgentError",
    "InputError",
    "KeyProviderError",
    "LedgerBroken",
    "MalformedMessage",
    "ModelError",
    "ModelRefused",
    "NetworkError",
    "NoModel",
    "NotOurDatabase",
    "OutputError",
    "PolicyError",
    "ProfileLocked",
    "PromiseBroken",
    "StorageError",
    "TooManyTries",
    "TooManyViewings",
    "UnknownEntity",
    "UpdateRefused",
    "WrongKey",
    "WrongOwner",
    "WrongPin",
]


class EdgeAgentError(Exception):
    """Root of the tree: what happened, and (``hint``) what to do about it."""

    exit_code: ClassVar[int] = 1
    rpc_code: ClassVar[int] = -32603

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep ``message`` (what happened, which file or field) and ``hint`` (the way out)."""
        super().__init__(message)
        self.hint = hint


class InputError(EdgeAgentError):
    """Something handed to us is wrong; the message names file, line or field."""

    exit_code = 3
    rpc_code = -32602


class MalformedMessage(InputError):
    """Bytes that are not the message they claim to be."""


class UnknownEntity(InputError):
    """An entity id that the catalogue does not hold."""


class ConsentRequired(EdgeAgentError):
    """A purpose has not been granted, so nothing was done."""

    exit_code = 4
    rpc_code = -40300


class ProfileLocked(EdgeAgentError):
    """The profile lock asks for its PIN, so nothing was done."""

    exit_code = 12
    rpc_code = -40100  # not ConsentRequired: an app cannot mend that, a form for the PIN mends this


class CountingDown(ProfileLocked):
    """Everything can be erased without the PIN, but not yet."""


class WrongPin(ProfileLocked):
    """Another PIN than the profile lock's."""


class TooManyTries(ProfileLocked):
    """Wrong PINs were tried; until a delay has passed, none is compared."""


class StorageError(EdgeAgentError):
    """The encrypted store cannot do what was asked."""

    exit_code = 5
    rpc_code = -50100


class WrongKey(StorageError):
    """The file does not open under this key."""


class NotOurDatabase(StorageError):
    """The file is not an edgeagent store."""


class Damaged(StorageError):
    """The file is ours, and broken."""


class DiskFull(StorageError):
    """There is no room, or no permission, to write."""


class WrongOwner(StorageError):
    """A file belongs to another user; it is whole, and nothing has to be restored."""


class KeyProviderError(StorageError):
    """The key-encryption key cannot be obtained."""


class LedgerBroken(StorageError):
    """The ledger and its anchor disagree: part of its tail is gone or changed."""


class ModelError(EdgeAgentError):
    """A model, catalogue or manifest cannot be used."""

    exit_code = 6
    rpc_code = -50200


class ModelRefused(ModelError):
    """A downloaded target failed a check; whatever worked before keeps working."""


class NoModel(ModelError):
    """Nothing has been downloaded yet."""


class NetworkError(EdgeAgentError):
    """The other side cannot be reached, or answers nonsense."""

    exit_code = 7
    rpc_code = -50300


class UpdateRefused(NetworkError):
    """TUF verification failed: unsigned, rolled back, expired or altered metadata or targets."""


class TooManyViewings(EdgeAgentError):
    """Apps tell of more viewings than the settings allow in an hour; none of these was stored."""

    exit_code = 10
    rpc_code = -42900


class PolicyError(EdgeAgentError):
    """A report, its budget or a publication would exceed a limit that is compiled in."""

    exit_code = 8
    rpc_code = -42200  # not ConsentRequired: no consent would allow it


class OutputError(EdgeAgentError):
    """What a command prints or writes cannot go where it was to go."""

    exit_code = 11


class PromiseBroken(EdgeAgentError):
    """A simulation or an audit saw one of the promises fail."""

    exit_code = 9
