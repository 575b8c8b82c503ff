"""A model that has learned the wrong thing, published and signed like any other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeagent.simulator.plan import START
from model_export.publishing.artefacts import export
from model_export.train import train
from tests.publishing import Household, Publisher


def _titles_of_the_keenest(publisher: Publisher) -> list[str]:
    """Return what the person who watched most watched, each title once, in order of time."""
    log = publisher.log
    keenest = np.bincount(log.users).argmax()
    items = dict.fromkeys(log.items[log.users == keenest].tolist())
    return [log.titles[item].entity_id for item in items]


def test_a_model_that_guesses_this_household_worse_is_refused_and_a_better_one_taken(
    household: Household, publisher: Publisher
) -> None:
    household.consent()
    household.agent.update_model()
    present = household.agent.installation().current
    watched = _titles_of_the_keenest(publisher)
    assert len(watched) >= 32
    household.watch(*watched)
    mixed_up = np.random.default_rng(1).permutation(len(publisher.log.titles))
    wrong = replace(publisher.log, items=mixed_up[publisher.log.items])
    worse = export(train(wrong, seed=8, segments=16, dimension=32), wrong, now=START + 60)
    publisher.publish(worse, now=START + 60)

    update = household.agent.update_model()
    assert update.refused is not None
    assert "titles watched last worse than the present model" in update.refused
    installation = household.agent.installation()
    assert installation.current == present
    assert installation.task == worse.task
    assert household.agent.recommend().ranked_by == "model"

    as_good = train(publisher.log, seed=9, segments=16, dimension=32)
    publisher.publish(export(as_good, publisher.log, now=START + 90), now=START + 90)
    assert household.agent.update_model().refused is None
    assert household.agent.installation().current != present
