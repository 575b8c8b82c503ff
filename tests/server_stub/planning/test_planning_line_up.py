"""The best line-up equals the best of all that can be written down, and rules are named."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from edgeagent.errors import InputError
from server_stub.planning.line_up import Rules, best_line_up, fits
from server_stub.planning.tables import Candidate, ScheduleSlot


def candidate(number: int, **changes: object) -> Candidate:
    fields: dict[str, object] = {
        "entity_id": f"t{number}",
        "title": f"Title {number}",
        "genre": "Comedy",
        "age_rating": 0,
        "run_minutes": 90,
        "dayparts": (),
        "sessions": 10,
        "model_error": 0.3,
        "appeal": (0.01,) * 8,
    }
    return Candidate(**(fields | changes))  # type: ignore[arg-type]


def slot(name: str, **changes: object) -> ScheduleSlot:
    fields: dict[str, object] = {"daypart": "", "max_age": None, "minutes": None}
    return ScheduleSlot(name=name, **(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(25))
def test_it_equals_the_best_of_all_line_ups(seed: int) -> None:
    generator = np.random.default_rng(seed)
    candidates = [
        candidate(
            number,
            genre=str(generator.choice(["Comedy", "Horror", "Drama"])),
            age_rating=int(generator.choice([0, 12, 16])),
            run_minutes=int(generator.choice([45, 90, 150])),
            dayparts=("evening",) if generator.random() < 0.3 else (),
        )
        for number in range(7)
    ]
    slots = [
        slot("one", max_age=int(generator.choice([12, 16]))),
        slot("two", daypart="evening"),
        slot("three", minutes=100),
    ]
    rules = Rules(variety=int(generator.integers(1, 4)))
    values = {(c, t): float(generator.random()) for c in range(7) for t in range(3)}
    kept: dict[tuple[int, ...], float] = {
        line_up: sum(values[c, t] for t, c in enumerate(line_up))
        for line_up in permutations(range(7), 3)
        if all(fits(candidates[c], slots[t]) for t, c in enumerate(line_up))
        and rules.holds([candidates[c].genre for c in line_up])
    }
    if not kept:
        with pytest.raises(InputError):
            best_line_up(values, candidates, slots, rules)
        return
    found = best_line_up(values, candidates, slots, rules)
    assert kept[found] == pytest.approx(max(kept.values()))


def refusal(
    candidates: list[Candidate], slots: list[ScheduleSlot], rules: Rules | None = None
) -> str:
    values = {(c, t): 1.0 for c in range(len(candidates)) for t in range(len(slots))}
    with pytest.raises(InputError) as refused:
        best_line_up(values, candidates, slots, rules or Rules())
    return str(refused.value)


def test_a_slot_that_nothing_fits_into_names_the_rules_against_it() -> None:
    adult = [candidate(n, age_rating=18, run_minutes=200) for n in range(3)]
    adult[0] = candidate(0, dayparts=("night",))
    said = refusal(adult, [slot("late"), slot("early", max_age=6, daypart="day", minutes=100)])
    assert said.startswith("slot 'early': none of 3 candidates fits")
    assert "daypart is against 1, age is against 2, length is against 2" in said


def test_too_few_titles_for_the_slots_is_the_rule_of_no_title_twice() -> None:
    # Two titles fit into the three early slots; each slot alone could be filled.
    titles = [candidate(n, age_rating=0 if n < 2 else 16) for n in range(6)]
    early = [slot(f"early {n}", max_age=6) for n in range(3)]
    assert "no title twice: 3 of 4 slots can be filled" in refusal(titles, [*early, slot("late")])


def test_too_much_variety_says_how_much_can_be_had() -> None:
    titles = [candidate(n, genre="Comedy" if n < 3 else "Horror") for n in range(4)]
    slots = [slot("a"), slot("b")]
    assert "variety: 3 genres are asked for, at most 2" in refusal(titles, slots, Rules(variety=3))
    horror_late = [
        candidate(n, genre="Comedy" if n else "Horror", age_rating=16 * (not n)) for n in range(3)
    ]
    only_early = [slot("a", max_age=6), slot("b", max_age=6)]
    assert "at most 1 can be had" in refusal(horror_late, only_early, Rules(variety=2))
