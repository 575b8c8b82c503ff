"""``edgeagent model status``: what is rolled out and stopped, and the list of releases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from edgeagent.agent import Agent
from edgeagent.services.models.installation import (
    Installation,
    InstallationStore,
    RolloutSeen,
)
from edgeagent.services.models.release_watch import ReleasesConflict, ReleasesSeen, ReleaseWatch
from edgeagent.testing.agent_box import AgentBox
from tests.cli.test_cli_loop import Terminal

SEEN = ReleasesSeen(
    list_id="a1" * 16, length=1234, head="0f" * 32, root_version=2, accepted_at=1_790_000_000
)


def with_switches(now: Installation) -> Installation:
    assert now.current is not None
    assert now.task is not None
    return msgspec.structs.replace(
        now,
        rollout=RolloutSeen(model_version="2.0", percent=5, number=4),
        stopped_models=(now.current.model.sha256,),
        stopped_tasks=(now.task.name,),
    )


def not_chosen(now: Installation) -> Installation:
    rollout = RolloutSeen(model_version="2.0", percent=5, number=5)
    return msgspec.structs.replace(now, rollout=rollout)


def with_list(now: Installation) -> Installation:
    seen = msgspec.structs.replace(SEEN, earlier_id="b2" * 16)
    conflict = ReleasesConflict(reason="cut short", at=0, list_id=None, root_version=2)
    return msgspec.structs.replace(now, releases=ReleaseWatch(seen=seen, conflict=conflict))


@pytest.mark.parametrize(
    ("decide", "lines"),
    [
        (lambda now: now, ["releases  the repository keeps no list"]),
        (
            with_switches,
            [
                "rollout   2.0 in 5 of 100 boxes, here too",
                "stopped   model 1 by its publisher",
                "stopped   report task by its publisher: nothing is drawn or sent",
            ],
        ),
        (
            lambda now: msgspec.structs.replace(now, current=None, stopped_models=("0" * 64,)),
            ["stopped   1 of the models by the publisher, none is installed"],
        ),
        (not_chosen, ["rollout   2.0 in 5 of 100 boxes, not here"]),
        (
            with_list,
            [
                f"releases  list {'a1' * 16} since 2026-09-21T14:13:20Z",
                f"          length 1234, head {'0f' * 32}",
                f"          signed with the root keys, it replaced {'b2' * 16}",
                "conflict  since 1970-01-01T00:00:00Z nothing is installed or reported: cut short",
            ],
        ),
    ],
)
def test_it_says_what_the_publisher_decided(
    tmp_path: Path, decide: Callable[[Installation], Installation], lines: list[str]
) -> None:
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run")
    with box.open() as agent:
        box.update(agent)
    with Agent.open(box.directory) as agent:
        InstallationStore(agent._home.ledger, box.directory / "models").change(decide)
    terminal = Terminal(box.directory)
    said = terminal.says("model", "status").splitlines()
    assert [line for line in lines if line not in said] == []
    assert set(terminal.json("model", "status")) >= {"rollout", "releases", "stopped_tasks"}
