"""Promos and ads on a box."""

from __future__ import annotations

from edgeagent.consent import Purpose
from edgeagent.messages import Picks
from edgeagent.messages.creatives import Suits
from edgeagent.testing.creatives import install_creatives, some_catalogue, some_creative
from tests.api.running import Running

__all__ = ["AIMED", "advertise"]

AIMED = Suits(segments=(0, 1, 2, 3))


def advertise(running: Running, *names: str) -> None:
    """Put creatives on the box, the first of them aimed at a taste that it sees."""
    box = running.box
    with box.open() as agent:
        box.update(agent)
        start, manifest = box.clock.now(), agent.installation().current
        assert manifest is not None
        creatives = [
            some_creative(name, starts_at=start, cat=f"kind-{number}", suits=suits)
            for number, name in enumerate(names)
            for suits in [Suits() if number else AIMED]
        ]
        install_creatives(agent, some_catalogue(*creatives, space_id=manifest.space_id))
        agent.grant(Purpose.PERSONALIZATION)
        picks = Picks(picks=(), segment_probabilities=(1.0, *[0.0] * 31), score_spread=1.0)
        grant = agent.gate.grant(Purpose.PERSONALIZATION, profile="main")
        agent._home.history.save_picks(picks, grant, made_at=start)
