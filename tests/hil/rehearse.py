"""``python -m tests.hil.rehearse``: the hardware tests without hardware, on emulated arm64."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import NoReturn, cast, get_args

import click
import msgspec
import platformdirs

from edgeagent.errors import PromiseBroken
from tests.hil.cache import Cache
from tests.hil.plants import PLANTS
from tests.hil.requirements import Target, missing
from tests.hil.result import TargetResult, in_words
from tests.hil.rootfs import AUTHORIZED_KEY, Suite
from tests.hil.suite import run_suite
from tests.hil.targets import Builder
from tests.hil.wheels import build_wheel

_FULL_CUTS = 100
_INTERRUPTED = 130
_HERE = Path(__file__).parent
_STARTED = perf_counter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What is rehearsed on each target."""

    builder: Builder
    scratch: Path
    """Gone afterwards."""
    wheel: Path
    tests: Path
    environment: dict[str, str] = field(default_factory=dict)
    """For the tests."""

    def on(self, target: Target) -> TargetResult:
        """Build one target, run the tests on it, tear it down; say what came of it."""
        suite = self.builder.suite
        state = self.scratch / target
        state.mkdir()
        # An address of its own, so that no port of this machine has to be free.
        numbers = [random.randint(16, 250) for _ in range(3)]  # noqa: S311  (no secret)
        address = ".".join(map(str, [127, *numbers]))
        with ExitStack() as stack:
            try:
                box = self.builder.box()
                running = self.builder.running(target, box=box, state=state, address=address)
                _say(f"{target}: starting")
                stack.enter_context(running)
            except (subprocess.CalledProcessError, OSError) as error:
                reason = f"it cannot be had here: {error}"
                return TargetResult(target=target, suite=suite, skipped_because=reason)
            environment = {
                "LG_HIL_ADDRESS": address,
                "LG_HIL_KEY": str(box / AUTHORIZED_KEY),
                "LG_HIL_PYTHON": sys.executable,
                "LG_HIL_STATE": str(state),
                "LG_HIL_WHEEL": str(self.wheel),
                **self.environment,
            }
            return run_suite(
                target, suite=suite, tests=self.tests, state=state, environment=environment
            )


@click.command()
@click.option(
    "--target",
    "which",
    type=click.Choice(["chroot", "vm", "both"]),
    default="both",
    show_default=True,
    help="A userland under qemu-user, a machine under qemu-system.",
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
    "cache_directory",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="EDGEAGENT_HIL_CACHE",
    help="Where built things are kept.  [default: edgeagent-hil in the user's cache]",
)
@click.option(
    "--deb",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Debian package to try, too.",
)
@click.option(
    "--plant",
    type=click.Choice(sorted(PLANTS)),
    help="Build a fault into the wheel; the rehearsal has to notice it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def main(
    *,
    which: str,
    suite: Suite,
    full: bool,
    cache_directory: Path | None,
    deb: Path | None,
    plant: str | None,
    as_json: bool,
) -> None:
    """Build arm64 targets from nothing, run the hardware tests on them, tear all down again.

    A target that cannot be had here is skipped, with the reason. Exit code 9: a test failed, or a
    planted fault was not noticed.
    """
    signal.signal(signal.SIGTERM, _leave)
    cache = Cache(cache_directory or platformdirs.user_cache_path("edgeagent-hil"))
    targets = get_args(Target) if which == "both" else (cast("Target", which),)
    environment = {"LG_HIL_CUTS": str(_FULL_CUTS)} if full else {}
    if deb is not None:
        environment["LG_HIL_DEB"] = str(deb.resolve())
    builder = Builder(cache=cache, suite=suite, say=_say)
    planted = None if plant is None else PLANTS[plant]
    tests = _HERE if planted is None else _HERE / planted.noticed_by
    reasons = {target: missing(target) for target in targets}
    results = [
        TargetResult(target=target, suite=suite, skipped_because=reason)
        for target, reason in reasons.items()
        if reason is not None
    ]
    try:
        # Beside the cache: it may be large, and holds a disk that bypasses the page cache.
        cache.directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="running-", dir=cache.directory) as scratch:
            if len(results) < len(targets):
                _say("our wheel" if plant is None else f"our wheel, with {plant}")
                wheel = build_wheel(Path(scratch), plant=planted)
            for target in (target for target, reason in reasons.items() if reason is None):
                rehearsal = Rehearsal(
                    builder=builder,
                    scratch=Path(scratch),
                    wheel=wheel,
                    tests=tests,
                    environment=environment,
                )
                results.append(rehearsal.on(target))
    except KeyboardInterrupt:
        click.echo("interrupted; everything that ran has been ended", err=True)
        sys.exit(_INTERRUPTED)
    _print(results, as_json=as_json)
    sys.exit(_exit_code(results, planted=plant is not None))


def _print(results: Sequence[TargetResult], *, as_json: bool) -> None:
    if as_json:
        seconds = round(perf_counter() - _STARTED, 1)
        answer = {"seconds": seconds, "targets": [asdict(result) for result in results]}
        click.echo(msgspec.json.encode(answer).decode())
        return
    for result in results:
        click.echo(in_words(result))


def _exit_code(results: Sequence[TargetResult], *, planted: bool) -> int:
    if planted:
        noticed = any(result.failed for result in results)
        for result in results:
            if not result.failed and result.skipped_because is None:
                click.echo(f"{result.target} did not notice the planted fault", err=True)
        return 0 if noticed else PromiseBroken.exit_code
    return 0 if all(result.ok for result in results) else PromiseBroken.exit_code


def _say(what: str) -> None:
    click.echo(f"[{perf_counter() - _STARTED:4.0f} s] {what}", err=True)


def _leave(number: int, frame: object) -> NoReturn:
    """Unwind on SIGTERM as on Ctrl-C."""
    del number, frame
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
