"""The benches that the harness runs, by name and by set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.bench.bench import Bench
from tests.bench.box_benches import BOX_BENCHES
from tests.bench.other_benches import OTHER_BENCHES

__all__ = ["BENCHES", "SETS", "bench_named", "benches_named"]

BENCHES: tuple[Bench, ...] = tuple(
    sorted((*BOX_BENCHES, *OTHER_BENCHES), key=lambda bench: bench.name)
)
SETS: Mapping[str, tuple[Bench, ...]] = {
    "short": tuple(bench for bench in BENCHES if not bench.only_named),
    "pages": tuple(bench for bench in BENCHES if bench.on_a_page and not bench.only_named),
    "all": BENCHES,
}


def bench_named(name: str) -> Bench:
    """Return a bench.

    Raises:
        LookupError: there is none of that name.

    """
    for bench in BENCHES:
        if bench.name == name.removeprefix("bench_"):
            return bench
    names = ", ".join((*SETS, *(bench.name for bench in BENCHES)))
    message = f"no bench and no set is called {name}; there are {names}"
    raise LookupError(message)


def benches_named(names: Iterable[str]) -> tuple[Bench, ...]:
    """Return the benches of some names or sets, each once.

    Raises:
        LookupError: a name is unknown.

    """
    found = [one for name in names for one in SETS.get(name) or (bench_named(name),)]
    return tuple(dict.fromkeys(found))
