"""``python -m tests.hil.rehearse``: the hardware tests without hardware, on emulated arm64."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import NoReturn, cast, get_args

import click
import msgspec
import platformdirs

from edgeagent.errors import PromiseBroken
from tests.hil.cache import Cache
from tests.hil.plants import PLANTS
from tests.hil.rehearsal import OutOfTime, Rehearsal
from tests.hil.requirements import Target, missing
from tests.hil.result import TargetResult, in_words
from tests.hil.rootfs import Suite
from tests.hil.side_by_side import run_side_by_side
from tests.hil.targets import Builder
from tests.hil.wheels import ROOT, build_wheel

__all__ = ["Orders", "exit_code", "leave_in_order", "main"]

_FULL_CUTS = 100
_INTERRUPTED = 130
_UNNOTICED = 1
_GRACE_SECONDS = 150
"""For rehearsals of several targets, which end themselves, to do so."""
_TARGETS: Mapping[str, tuple[Target, ...]] = {
    "chroot": ("chroot",),
    "vm": ("vm", "systemd"),
    "systemd": ("systemd",),
    "quick": ("chroot", "vm"),
    "both": get_args(Target),
}
_STARTED = perf_counter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What is to be rehearsed, whatever the target."""

    suite: Suite
    cache: Path
    wheel: Path | None
    deb: Path | None
    plant: str | None
    full: bool
    ends_at: float
    """On the clock of :data:`_STARTED`, seconds."""

    def command(self, target: Target) -> tuple[str, ...]:
        """Return the command line that rehearses one target."""
        options = {
            "--target": target,
            "--suite": self.suite,
            "--cache": self.cache,
            "--wheel": self.wheel,
            "--deb": self.deb,
            "--plant": self.plant,
            "--minutes": max(self.ends_at - perf_counter(), 1) / 60,
        }
        given = ((name, str(value)) for name, value in options.items() if value is not None)
        return (
            *(sys.executable, "-m", "tests.hil.rehearse", "--json", "--alone"),
            *(word for both in given for word in both),
            *(("--full",) if self.full else ()),
        )

    def rehearse(self, target: Target, scratch: Path) -> TargetResult:
        """Rehearse one target in this process."""
        assert self.wheel is not None
        planted = None if self.plant is None else PLANTS[self.plant]
        return Rehearsal(
            builder=Builder(
                cache=Cache(self.cache), suite=self.suite, say=lambda line: _say(line, target)
            ),
            scratch=scratch,
            wheel=self.wheel.resolve(),
            tests=None if planted is None else (planted.noticed_by,),
            package=None if self.deb is None else self.deb.resolve(),
            environment={"LG_HIL_CUTS": str(_FULL_CUTS)} if self.full else {},
        ).on(target)

    def rehearse_all(self, targets: Sequence[Target]) -> list[TargetResult]:
        """Rehearse targets at the same time."""
        said = run_side_by_side({target: self.command(target) for target in targets}, cwd=ROOT)
        return [self.read(target, said[target]) for target in targets]

    def read(self, target: Target, said: bytes) -> TargetResult:
        """Return the result that a command has printed; none is a failure."""
        try:
            (result,) = msgspec.json.decode(said, type=_Answer).targets
        except msgspec.DecodeError:
            return TargetResult(target=target, suite=self.suite, failed=["it broke off"])
        return result


@dataclass(kw_only=True)
class _Answer:
    """What is printed with ``--json``."""

    seconds: float
    targets: list[TargetResult]


@click.command()
@click.option(
    "--target",
    "which",
    type=click.Choice(list(_TARGETS)),
    default="both",
    show_default=True,
    help="Programs for arm64 on this kernel; a machine, once with a script in charge and once with "
    "systemd; that one only; programs and the machine without systemd; all of it.",
)
@click.option(
    "--suite",
    type=click.Choice(get_args(Suite)),
    default="bookworm",
    show_default=True,
    help="Of Debian.",
)
@click.option("--full", is_flag=True, help=f"{_FULL_CUTS} power cuts instead of 10.")
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="EDGEAGENT_HIL_CACHE",
    help="Where built things are kept.  [default: edgeagent-hil in the user's cache]",
)
@click.option(
    "--wheel",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Ours, instead of one built from this tree.",
)
@click.option(
    "--deb",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Our Debian package for arm64, instead of one built from the wheel.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    help="What is not done by then has failed.",
)
@click.option(
    "--plant",
    type=click.Choice(sorted(PLANTS)),
    help="Build a fault into the wheel; the rehearsal has to fail.",
)
@click.option("--alone", is_flag=True, hidden=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def main(  # noqa: PLR0913  (the options of a command)
    *,
    which: str,
    suite: Suite,
    full: bool,
    cache: Path | None,
    wheel: Path | None,
    deb: Path | None,
    minutes: float,
    plant: str | None,
    alone: bool,
    as_json: bool,
) -> None:
    """Build arm64 targets from nothing, run the hardware tests on them, tear all down again.

    A target that cannot be had here is skipped, with the reason. Exit code 9: a test failed. With
    --plant that is what one wants to see; 1 says that the fault was not noticed.
    """
    orders = Orders(
        suite=suite,
        cache=(cache or platformdirs.user_cache_path("edgeagent-hil")).resolve(),
        wheel=wheel,
        deb=deb,
        plant=plant,
        full=full,
        ends_at=_STARTED + minutes * 60,
    )
    targets = (cast("Target", which),) if alone else _TARGETS[which]
    if plant is not None:
        targets = tuple(target for target in targets if target in PLANTS[plant].noticed_on)
    leave_in_order(minutes * 60 + (_GRACE_SECONDS if len(targets) > 1 else 0))
    try:
        results = _results(orders, targets)
    except KeyboardInterrupt:
        click.echo("interrupted; everything that ran has been ended", err=True)
        sys.exit(_INTERRUPTED)
    except OutOfTime as error:
        results = [TargetResult(target=which, suite=suite, failed=[str(error)])]
    _print(results, as_json=as_json)
    sys.exit(exit_code(results, plant=plant))


def _results(orders: Orders, targets: Sequence[Target]) -> list[TargetResult]:
    reasons = {target: missing(target) for target in targets}
    results = [
        TargetResult(target=target, suite=orders.suite, skipped_because=reason)
        for target, reason in reasons.items()
        if reason is not None
    ]
    possible = [target for target, reason in reasons.items() if reason is None]
    if not possible:
        return results
    # Beside the cache: it may be large, and holds a disk that bypasses the page cache.
    orders.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="running-", dir=orders.cache) as name:
        scratch = Path(name)
        if orders.wheel is None:
            fault = "" if orders.plant is None else f", with {orders.plant}"
            _say(f"our wheel{fault}")
            planted = None if orders.plant is None else PLANTS[orders.plant]
            orders = replace(orders, wheel=build_wheel(scratch, plant=planted))
        if len(possible) > 1:
            return results + orders.rehearse_all(possible)
        return [*results, orders.rehearse(possible[0], scratch)]


def _print(results: Sequence[TargetResult], *, as_json: bool) -> None:
    if as_json:
        seconds = round(perf_counter() - _STARTED, 1)
        answer = _Answer(seconds=seconds, targets=list(results))
        click.echo(msgspec.json.encode(asdict(answer)).decode())
        return
    for result in results:
        click.echo(in_words(result))


def exit_code(results: Sequence[TargetResult], *, plant: str | None = None) -> int:
    """Return how the rehearsal ends; a planted fault has to fail the test that is to notice it."""
    if plant is not None:
        noticed_by = PLANTS[plant].noticed_by
        if not any(noticed_by in result.failed for result in results):
            click.echo(f"the planted fault was not noticed by {noticed_by}", err=True)
            return _UNNOTICED
    return 0 if all(result.ok for result in results) else PromiseBroken.exit_code


def _say(what: str, target: str = "") -> None:
    click.echo(f"[{perf_counter() - _STARTED:4.0f} s] {target:8}{what}", err=True)


def leave_in_order(seconds: float) -> None:
    """Unwind on SIGTERM as on Ctrl-C, and after a while."""

    def interrupted(number: int, frame: object) -> NoReturn:
        del number, frame
        raise KeyboardInterrupt

    def out_of_time(number: int, frame: object) -> NoReturn:
        del number, frame
        message = f"it was not done after {seconds / 60:.1f} minutes"
        raise OutOfTime(message)

    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell has told us to ignore it
        signal.signal(number, interrupted)
    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main()
