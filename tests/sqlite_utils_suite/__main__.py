"""``python -m tests.sqlite_utils_suite``: sqlite-utils' own tests over the encrypted connection.

The suite comes from sqlite-utils' source distribution and is not part of this repository. It runs
against the sqlite-utils of that distribution, so that list and suite always belong together.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
_EXPECTED = _HERE / "expected.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is known about one version of the suite."""

    version: str
    least_passed: int
    reasons: Mapping[str, str]
    """Why each test that is expected to fail does so, by its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What became of the suite."""

    passed: int
    skipped: int
    connections: int
    """How many encrypted connections it opened."""
    failed: frozenset[str]


@click.command()
@click.option("--sdist", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--download", is_flag=True, help="Get the source distribution with pip.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def main(*, sdist: Path | None, download: bool, as_json: bool) -> None:
    """Run sqlite-utils' own tests and compare their failures with the list."""
    expected = read_expectation(_EXPECTED)
    with tempfile.TemporaryDirectory() as scratch:
        if sdist is None:
            if not download:
                raise click.UsageError(
                    f"name the source distribution with --sdist, or get it with --download; by "
                    f"hand: pip download --no-deps --no-binary sqlite-utils "
                    f"sqlite-utils=={expected.version}"
                )
            sdist = _download(expected.version, Path(scratch))
        run = _run(_unpack(sdist, Path(scratch), expected.version), Path(scratch))
    problems = compare(run, expected)
    figures = {
        "version": expected.version,
        "passed": run.passed,
        "skipped": run.skipped,
        "expected_failures": len(run.failed & expected.reasons.keys()),
        "connections": run.connections,
        "problems": problems,
    }
    click.echo(json.dumps(figures) if as_json else _in_words(figures))
    for problem in problems:
        click.echo(f"error: {problem}", err=True)
    sys.exit(1 if problems else 0)


def read_expectation(path: Path) -> Expectation:
    """Read the list."""
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    return Expectation(
        version=listed["version"],
        least_passed=listed["least_passed"],
        reasons={test: group["reason"] for group in listed["failures"] for test in group["tests"]},
    )


def compare(run: Run, expected: Expectation) -> list[str]:
    """Return what is not as the list says."""
    problems = [
        f"{test} fails, unexpectedly" for test in sorted(run.failed - set(expected.reasons))
    ]
    problems += [
        f"{test} passes, although {expected.reasons[test]}: take it from the list"
        for test in sorted(set(expected.reasons) - run.failed)
    ]
    if run.passed < expected.least_passed:
        problems.append(f"only {run.passed} tests passed, at least {expected.least_passed} should")
    if not run.connections:
        problems.append("no encrypted connection was opened")
    return problems


def _download(version: str, directory: Path) -> Path:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--no-binary", "sqlite-utils", "--dest", str(directory)),
            f"sqlite-utils=={version}",
        ],
        check=True,
        stdout=sys.stderr,
    )
    return directory / f"sqlite_utils-{version}.tar.gz"


def _unpack(sdist: Path, directory: Path, version: str) -> Path:
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):  # from Python 3.11.4; Debian 12 has 3.11.2
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(directory)  # noqa: S202  (a release from the registry, filtered above)
    unpacked = directory / f"sqlite_utils-{version}"
    if not (unpacked / "tests").is_dir():
        raise click.UsageError(f"{sdist} does not hold the tests of sqlite-utils {version}")
    return unpacked


def _run(suite: Path, scratch: Path) -> Run:
    outcomes = scratch / "outcomes.json"
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--quiet", "--tb=no", "--no-header"),
            *("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "keyed_plugin", "tests"),
        ],
        check=False,  # it has failures; which ones, the plugin says
        cwd=suite,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(suite), str(_HERE), str(_ROOT))),
            "PYTEST_ADDOPTS": "",
            "KEYED_SUITE_OUTCOMES": str(outcomes),
        },
        # Its closing line counts failures, all of them expected; ours says whether they are.
        stdout=subprocess.DEVNULL,
    )
    told = json.loads(outcomes.read_text(encoding="utf-8"))
    return Run(
        passed=told["passed"],
        skipped=told["skipped"],
        connections=told["connections"],
        failed=frozenset(told["failed"]),
    )


def _in_words(figures: Mapping[str, object]) -> str:
    return (
        f"sqlite-utils {figures['version']} over {figures['connections']} encrypted connections: "
        f"{figures['passed']} passed, {figures['skipped']} skipped, "
        f"{figures['expected_failures']} fail as listed"
    )


if __name__ == "__main__":
    main()
