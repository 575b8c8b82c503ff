"""Every stage of ``.ci/run`` can fail, and says so; workflow and hooks run the same stages."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ci_stages", ROOT / ".ci" / "stages.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.setdefault(spec.name, importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


ci = load()
GROUPS = ci.stages((ROOT / "README.md").read_text("utf-8"))
NAMES = [stage.name for group in GROUPS for stage in group]


class Told:
    """What a run says, and a clock that a test sets."""

    def __init__(self, directory: Path) -> None:
        self.lines: list[str] = []
        self.now = 0.0
        self.run = ci.Run(directory, began=0.0, clock=lambda: self.now, say=self.lines.append)

    @property
    def said(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


@pytest.mark.parametrize("planted", NAMES)
def test_a_fault_in_any_stage_makes_the_run_fail(told: Told, planted: str) -> None:
    for group in GROUPS:
        told.run.group(
            [
                replace(stage, command="false" if stage.name == planted else "true")
                for stage in group
            ]
        )
    assert told.run.failed == [planted]
    assert f"FAILED: {planted}" in told.run.result()
    assert list(told.run.seconds) != []


def test_a_fault_in_the_middle_of_a_command_is_seen(told: Told) -> None:
    (stage,) = GROUPS[0]
    told.run.group([replace(stage, command="false | true; echo on")])
    assert told.run.failed == [stage.name]


def test_what_a_stage_prints_is_printed_whole(told: Told) -> None:
    (stage,) = GROUPS[0]
    loud = [replace(stage, name=name, command=f"echo {name}; echo {name}") for name in "ab"]
    told.run.group(loud)
    assert any("a\na" in line for line in told.lines)
    assert any("b\nb" in line for line in told.lines)
    assert "Everything holds." in told.run.result()


def test_why_a_stage_failed_stands_at_the_end(told: Told) -> None:
    (stage,) = GROUPS[0]
    told.run.group([replace(stage, command="echo early; seq 20; echo why; exit 3")])
    end = told.run.result()
    assert end.index(f"FAILED: {stage.name}") < end.index("    why")
    assert "early" not in end


def test_late_in_the_hour_optional_stages_are_skipped_loudly(told: Told) -> None:
    told.now = ci.ENOUGH_SECONDS + 1
    for group in GROUPS:
        told.run.group([replace(stage, command="true") for stage in group])
    optional = [stage.name for group in GROUPS for stage in group if stage.optional]
    assert told.run.skipped == optional
    assert all(f"SKIPPED, no time was left: {name}" in told.run.result() for name in optional)
    assert "README: the tests" not in told.run.skipped


def test_a_test_that_hangs_ends_its_stage_not_the_whole_run(tmp_path: Path) -> None:
    stages = [stage for group in GROUPS for stage in group if "pytest" in stage.command]
    assert len(stages) >= 3
    (options,) = {stage.environment["PYTEST_ADDOPTS"].partition("-o ")[2] for stage in stages}
    test = tmp_path / "test_waits.py"
    test.write_text("import threading\ndef test_waits():\n    threading.Event().wait()\n", "utf-8")
    sooner = options.replace("timeout=1200", "timeout=1", 1)
    alone = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", *sooner.split(), test],
        cwd=tmp_path,
        env=alone,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,  # or this test would be the one that hangs
    )
    assert done.returncode == 1
    assert 'test_waits.py", line 3 in test_waits' in done.stderr


def names(what: str) -> Iterator[str]:
    return (stage.name for group in ci.chosen(GROUPS, what) for stage in group)


def test_all_is_what_the_other_words_ask_for_together() -> None:
    assert set(names("all")) == {name for kind in ci.KINDS for name in names(kind)}
    assert list(names("all")) == NAMES
    assert len(set(NAMES)) == len(NAMES)


def test_whoever_reads_the_commands_in_the_readme_reads_what_runs() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = {stage.name: stage.command for group in GROUPS for stage in group}
    assert commands["README: the tests"] == ci.readme_block(readme, "tests")
    assert commands["README: the main job"].endswith(ci.readme_block(readme, "main-job"))
    with pytest.raises(LookupError):
        ci.readme_block(readme, "nothing")


def test_workflow_and_hooks_say_no_more_than_the_stages() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    runs = [line.partition("run: ")[2] for line in workflow.splitlines() if "- run: " in line]
    assert [run for run in runs if not run.startswith(("apt-get", ".ci/run "))] == []
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    entries = [
        line.partition("entry: ")[2].partition(", language")[0]
        for line in hooks.splitlines()
        if "entry: " in line
    ]
    assert entries
    assert set(entries) <= {stage.command for group in GROUPS for stage in group}
