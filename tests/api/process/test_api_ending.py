"""SIGTERM ends a service that is at work on the history, too."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from edgeagent.consent import Purpose
from edgeagent.scoring.remote import ChildScorer
from edgeagent.testing.agent_box import AgentBox
from tests.api.running import ServiceThread
from tests.services.releases import Releases

_FOR_EVER = """
import os, signal, sys
os.read(0, 4)
open(sys.argv[1], "wb").close()
signal.pause()
"""
"""A scoring child that begins and never ends."""


def test_a_model_that_is_at_work_does_not_hold_up_the_end(tmp_path: Path) -> None:
    box = AgentBox(directory=tmp_path / "box", runtime_directory=tmp_path / "run")
    with box.open() as agent:
        agent.grant(Purpose.PERSONALIZATION)
        releases = Releases(directory=box.directory / "models")
        releases.publish()
        releases.update(agent, box.scorer)
    at_work = tmp_path / "at work"
    os.mkfifo(at_work)
    box.scorer = ChildScorer(command=(sys.executable, "-c", _FOR_EVER, str(at_work)))
    services = ServiceThread(tmp_path)
    with services.start(box=box).line() as client:
        client.send(b'{"jsonrpc":"2.0","id":9,"method":"EdgeAgent.recommend"}')
        at_work.open("rb").close()  # waits until the child has opened it, too
        services.stop()
    with box.open() as agent:
        assert agent.installation().failures == 0
