"""The best line-up under simple rules: an integer programme that SciPy's HiGHS solves exactly."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from edgeagent.errors import InputError
from server_stub.planning.tables import Candidate, ScheduleSlot

__all__ = ["Rules", "best_line_up", "fits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a line-up has to keep beside age, daypart and length, and no title twice."""

    variety: int = 1
    """At least so many genres."""

    def holds(self, genres: Collection[str]) -> bool:
        """Whether so many genres are enough."""
        return len(set(genres)) >= self.variety


def fits(candidate: Candidate, slot: ScheduleSlot) -> bool:
    """Whether a title may be shown in a slot at all."""
    return not _against(candidate, slot)


def best_line_up(
    values: Mapping[tuple[int, int], float],
    candidates: Sequence[Candidate],
    slots: Sequence[ScheduleSlot],
    rules: Rules,
) -> tuple[int, ...]:
    """Return the candidate of each slot, so that the sum of values is as large as it can be.

    Args:
        values: of a candidate in a slot, by their places in the sequences.
        candidates: C of them.
        slots: T of them.
        rules: what has to be kept.

    Raises:
        InputError: no line-up keeps all rules; the message names the rule.

    """
    pairs = [
        (c, t)
        for c, t in product(range(len(candidates)), range(len(slots)))
        if fits(candidates[c], slots[t])
    ]
    _check_each_slot(pairs, candidates, slots)
    problem = _Problem(pairs=pairs, candidates=candidates, slots=slots)
    found = problem.solved([values[pair] for pair in pairs], variety=rules.variety)
    if found is None:
        raise problem.why_not(rules)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """One variable for each pair (title, slot) that is allowed, and one for each genre."""

    pairs: Sequence[tuple[int, int]]
    candidates: Sequence[Candidate]
    slots: Sequence[ScheduleSlot]

    def solved(self, values: Sequence[float], *, variety: int) -> tuple[int, ...] | None:
        """Return the candidate of each slot; ``None`` where the rules cannot be kept."""
        chosen = self._chosen([*values, *([0.0] * len(self._genres()))], variety=variety)
        if chosen is None:
            return None
        by_slot = {t: c for (c, t), taken in zip(self.pairs, chosen, strict=False) if taken}
        return tuple(by_slot[t] for t in range(len(self.slots)))

    def why_not(self, rules: Rules) -> InputError:
        """Return the error that names the rule which cannot be kept."""
        nothing = [0.0] * len(self.pairs)
        if self.solved(nothing, variety=0) is None:
            placed = self._chosen([1.0] * len(self.pairs) + [0.0] * len(self._genres()), full=False)
            most = sum((placed or [])[: len(self.pairs)])
            return InputError(
                f"no title twice: {most} of {len(self.slots)} slots can be filled with different "
                "titles that fit by age, daypart and length",
                hint="give more candidates, or fewer slots",
            )
        most = next(
            number
            for number in range(rules.variety - 1, -1, -1)
            if self.solved(nothing, variety=number) is not None
        )
        return InputError(
            f"variety: {rules.variety} genres are asked for, at most {most} can be had",
            hint=f"ask for --variety {most}, or give candidates of more genres",
        )

    def _genres(self) -> list[str]:
        return sorted({self.candidates[c].genre for c, _ in self.pairs})

    def _chosen(
        self, worth: Sequence[float], *, variety: int = 0, full: bool = True
    ) -> list[bool] | None:
        """Maximise Σ worth · x.

        Args:
            worth: of each pair, then of each genre.
            variety: at least so many genres.
            full: every slot has to be filled.

        """
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415  (half a second)
        from scipy.sparse import coo_array  # noqa: PLC0415

        genres = self._genres()
        genre_at = {genre: len(self.pairs) + place for place, genre in enumerate(genres)}
        cells: list[tuple[int, int, float]] = []
        low: list[float] = []
        high: list[float] = []

        def rule(terms: Collection[tuple[int, float]], least: float, most: float) -> None:
            cells.extend((len(low), column, factor) for column, factor in terms)
            low.append(least)
            high.append(most)

        by_slot: dict[int, list[tuple[int, float]]] = {}
        by_title: dict[int, list[tuple[int, float]]] = {}
        by_genre: dict[str, list[tuple[int, float]]] = {}
        for column, (c, t) in enumerate(self.pairs):
            by_slot.setdefault(t, []).append((column, 1.0))
            by_title.setdefault(c, []).append((column, 1.0))
            by_genre.setdefault(self.candidates[c].genre, []).append((column, 1.0))
        for terms in by_slot.values():
            rule(terms, 1.0 if full else 0.0, 1.0)
        for terms in by_title.values():
            rule(terms, 0.0, 1.0)
        for genre, terms in by_genre.items():  # a genre counts where one of its titles is shown
            rule([*terms, (genre_at[genre], -1.0)], 0.0, float(len(self.slots)))
        rule([(column, 1.0) for column in genre_at.values()], float(variety), float(len(genres)))
        rows, columns, factors = zip(*cells, strict=True)
        shape = len(low), len(worth)
        answer = milp(
            [-each for each in worth],
            integrality=[1] * len(worth),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(coo_array((factors, (rows, columns)), shape), low, high),
            options={"mip_rel_gap": 0.0},
        )
        return None if answer.x is None else [each > 0.5 for each in answer.x]  # noqa: PLR2004


def _against(candidate: Candidate, slot: ScheduleSlot) -> tuple[str, ...]:
    """Return the rules by which a title does not fit into a slot."""
    against = []
    if slot.max_age is not None and candidate.age_rating > slot.max_age:
        against.append("age")
    if candidate.dayparts and slot.daypart not in candidate.dayparts:
        against.append("daypart")
    too_long = slot.minutes is not None and (candidate.run_minutes or slot.minutes) > slot.minutes
    if too_long:
        against.append("length")
    return tuple(against)


def _check_each_slot(
    pairs: Sequence[tuple[int, int]],
    candidates: Sequence[Candidate],
    slots: Sequence[ScheduleSlot],
) -> None:
    """Raise for a slot that nothing fits into, with the rules that are against it."""
    filled = {t for _, t in pairs}
    for number, slot in enumerate(slots):
        if number in filled:
            continue
        against = [rule for candidate in candidates for rule in _against(candidate, slot)]
        counted = ", ".join(
            f"{rule} is against {against.count(rule)}" for rule in dict.fromkeys(against)
        )
        raise InputError(
            f"slot {slot.name!r}: none of {len(candidates)} candidates fits: {counted}",
            hint="change the slot's max_age, daypart or minutes, or give other candidates",
        )
