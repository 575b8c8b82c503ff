"""Ways to split a log for a test, beside that in time of :mod:`model_export.evaluation.ranking`.

Strong generalisation is that of Liang et al. 2018, "Variational autoencoders for collaborative
filtering"; leaving the last viewing out is what sequential recommenders are published with. Only
the split in time is free of information from the future, so it alone decides what is shipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.evaluation.ranking import PersonHistory, Scorer, Split, TestPerson, global_split
from model_export.log import WatchLog

__all__ = [
    "Aim",
    "ColdSplit",
    "cold_split",
    "last_split",
    "only",
    "strong_split",
    "tail_split",
    "validation_split",
]

Aim = Literal["later", "next", "any"]
"""What a model predicts: what people watch later, the very next title, or any other title."""

_HELD_OUT_FRACTION = 0.1
_VALIDATION_FRACTION, _VALIDATION_PEOPLE = 0.2, 300
_TARGET_FRACTION = 0.2
_MINIMUM_TITLES = 5
_MINIMUM_VIEWINGS = 5
"""A title with fewer viewings is hardly ever a target, warm or cold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdSplit(Split):
    """A log in which some titles have been made new: ``training`` does not know them."""

    warm_training: WatchLog
    """The same people's viewings, with those titles."""
    cold: NDArray[np.bool_]
    """[I] which titles."""


def validation_split(log: WatchLog, *, aim: Aim, seed: int) -> Split:
    """Hold people out of a training part to choose settings by, as the test holds others out.

    A setting that tells best what comes later need not tell best what a stranger has watched: how
    viewings fade is worth something to the one and nothing to the other.

    Raises:
        InputError: the log is too small.

    """
    if aim == "later":
        return global_split(log, maximum_people=_VALIDATION_PEOPLE)
    if aim == "next":
        return tail_split(log, length=1, maximum_people=_VALIDATION_PEOPLE, seed=seed)
    return strong_split(log, seed=seed, fraction=_VALIDATION_FRACTION)


def strong_split(log: WatchLog, *, seed: int, fraction: float = _HELD_OUT_FRACTION) -> Split:
    """Hold out a tenth of the people; a random fifth of each one's titles is the target.

    Raises:
        InputError: nobody has watched five titles.

    """
    random = np.random.default_rng(seed)
    held = _held_out(log, random, fraction=fraction)
    people = []
    for user, rows in _rows_of(log, held):
        titles = random.permutation(np.unique(log.items[rows]))
        target = titles[: max(1, round(_TARGET_FRACTION * len(titles)))]
        past = rows[~np.isin(log.items[rows], target)]
        people.append(TestPerson(user=user, history=_history(log, past), target=np.sort(target)))
    training = log.select(~np.isin(log.users, held))
    return Split(training=_not_empty(training), people=tuple(people))


def last_split(log: WatchLog) -> Split:
    """Leave out everybody's last viewing; those who watched that title before are not tested.

    Viewings of one person at the same second are in the order of the log, as published results for
    MovieLens have them: where a log was typed in rather than lived, "last" is partly an artefact.

    Raises:
        InputError: nobody's last viewing is of a title new to them.

    """
    return _without_tails(log, np.arange(log.user_count), minimum=2, length=1)


def tail_split(log: WatchLog, *, length: int, maximum_people: int, seed: int) -> Split:
    """Leave out some people's latest viewings: at most ``length``, and a fifth of what they have.

    To judge by while training: it takes little away, and nothing of other people.

    Raises:
        InputError: nobody's latest viewings hold a title new to them.

    """
    chosen = np.random.default_rng(seed).permutation(log.user_count)[:maximum_people]
    return _without_tails(log, np.sort(chosen), minimum=_MINIMUM_VIEWINGS, length=length)


def _without_tails(
    log: WatchLog, users: NDArray[np.integer], *, minimum: int, length: int
) -> Split:
    people, left_out = [], np.zeros(len(log), dtype=np.bool_)
    for user, rows in _rows_of(log, users):
        tail = max(1, min(length, int(_TARGET_FRACTION * len(rows))))
        past, last = rows[:-tail], rows[-tail:]
        target = np.setdiff1d(log.items[last], log.items[past])
        if len(rows) >= minimum and len(target):
            people.append(TestPerson(user=user, history=_history(log, past), target=target))
            left_out[last] = True
    if not people:
        raise InputError(
            "nobody's last viewing is of a title that is new to them",
            hint="give a log in which people watch more than one title",
        )
    return Split(training=log.select(~left_out), people=tuple(people))


def cold_split(log: WatchLog, *, seed: int) -> ColdSplit:
    """Hold out a tenth of the people, and make a tenth of the titles new.

    Those people's history is what they watched of the other titles, the target what they watched of
    the new ones; rank the new ones only (:func:`only`).

    Raises:
        InputError: nobody held out has watched a title made new and another one.

    """
    random = np.random.default_rng(seed)
    held = _held_out(log, random)
    often = np.flatnonzero(np.bincount(log.items, minlength=len(log.titles)) >= _MINIMUM_VIEWINGS)
    cold = np.zeros(len(log.titles), dtype=np.bool_)
    cold[random.permutation(often)[: max(1, round(_HELD_OUT_FRACTION * len(often)))]] = True
    people = []
    for user, rows in _rows_of(log, held):
        new = cold[log.items[rows]]
        if new.any() and not new.all():
            target = np.unique(log.items[rows[new]])
            people.append(TestPerson(user=user, history=_history(log, rows[~new]), target=target))
    if not people:
        raise InputError(
            "nobody held out has watched both a title made new and another one",
            hint="give a log of more people or with more viewings",
        )
    warm = log.select(~np.isin(log.users, held))
    training = warm.select(~cold[warm.items])
    return ColdSplit(
        training=_not_empty(training), warm_training=warm, cold=cold, people=tuple(people)
    )


def only(score: Scorer, titles: NDArray[np.bool_]) -> Scorer:
    """Return a scorer that ranks the titles [I] for which ``titles`` holds, and no others."""
    return lambda history: np.where(titles, score(history), -np.inf)


def _held_out(
    log: WatchLog, random: np.random.Generator, *, fraction: float = _HELD_OUT_FRACTION
) -> NDArray[np.intp]:
    """Return a part of the people who watched at least five titles, in order of number."""
    pairs = np.unique(log.users * len(log.titles) + log.items)
    titles = np.bincount(pairs // len(log.titles), minlength=log.user_count)
    eligible = np.flatnonzero(titles >= _MINIMUM_TITLES)
    if not len(eligible):
        raise InputError(
            f"nobody has watched {_MINIMUM_TITLES} titles",
            hint="give a log of more people or with more viewings",
        )
    count = max(1, round(fraction * len(eligible)))
    return np.sort(random.permutation(eligible)[:count])


def _not_empty(training: WatchLog) -> WatchLog:
    if not len(training):
        raise InputError(
            "holding people and titles out leaves nothing to train on",
            hint="give a log of more people",
        )
    return training


def _rows_of(log: WatchLog, users: NDArray[np.integer]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yield each person with rows in order of time; people without any are left out."""
    order = np.argsort(log.users, kind="stable")
    bounds = np.searchsorted(log.users[order], np.arange(log.user_count + 1))
    for user in users:
        rows = order[bounds[user] : bounds[user + 1]]
        if len(rows):
            yield int(user), rows


def _history(log: WatchLog, rows: NDArray[np.integer]) -> PersonHistory:
    return PersonHistory(
        items=log.items[rows],
        completion=log.completion[rows],
        watched_on=log.watched_on[rows],
        now=int(log.watched_on[rows[-1]]),
    )
