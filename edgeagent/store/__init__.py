"""The only package that uses SQL: encrypted databases, keys, history and ledger."""

from __future__ import annotations

from edgeagent.store.counts import CountBegun
from edgeagent.store.deletions import Deleted
from edgeagent.store.disclosures import Disclosure
from edgeagent.store.entries import CALLED_OFF, Entry
from edgeagent.store.events import KeptViewing
from edgeagent.store.genesis import Genesis
from edgeagent.store.history import HistoryStore, SavedPicks
from edgeagent.store.home import Home
from edgeagent.store.keys import KeyProvider, SecretKey
from edgeagent.store.ledger import LedgerStore
from edgeagent.store.outbox import OutboxEntry, arrival
from edgeagent.store.ownership import require_within_reach
from edgeagent.store.profiles import MarkedTitle, Marks, Profile, ProfileKind, TitleMark
from edgeagent.store.providers import (
    CommandKeyProvider,
    CredentialKeyProvider,
    FileKeyProvider,
)
from edgeagent.store.reach import EVERYTHING, Reach, ViewingSpan
from edgeagent.store.showings import CreativeMark, MarkedCreative, ShowingStore
from edgeagent.store.state import DERIVED
from edgeagent.store.undated import BootTime, UndatedViewing
from edgeagent.store.viewings import ToldByApp
from edgeagent.store.week_lists import SavedWeek

__all__ = [
    "CALLED_OFF",
    "DERIVED",
    "EVERYTHING",
    "BootTime",
    "CommandKeyProvider",
    "CountBegun",
    "CreativeMark",
    "CredentialKeyProvider",
    "Deleted",
    "Disclosure",
    "Entry",
    "FileKeyProvider",
    "Genesis",
    "HistoryStore",
    "Home",
    "KeptViewing",
    "KeyProvider",
    "LedgerStore",
    "MarkedCreative",
    "MarkedTitle",
    "Marks",
    "OutboxEntry",
    "Profile",
    "ProfileKind",
    "Reach",
    "SavedPicks",
    "SavedWeek",
    "SecretKey",
    "ShowingStore",
    "TitleMark",
    "ToldByApp",
    "UndatedViewing",
    "ViewingSpan",
    "arrival",
    "require_within_reach",
]
