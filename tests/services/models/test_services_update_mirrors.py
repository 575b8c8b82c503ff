"""A box that has lost its metadata, and whose first server is behind the mirror."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree, rmtree

from msgspec.structs import replace

from edgeagent.clock import WEEK_SECONDS
from edgeagent.simulator.plan import START
from edgeagent.simulator.server_process import running_server
from edgeagent.store.home_files import MODELS_DIRECTORY
from server_stub.distribution.operator import Operator
from server_stub.distribution.rollback import stop
from tests.publishing import LIFETIME_DAYS, Household, Publisher


def test_a_server_behind_what_was_seen_is_left_for_the_mirror(
    household: Household, publisher: Publisher, server_url: str, tmp_path: Path
) -> None:
    copytree(publisher.repository, tmp_path / "behind")
    operator = Operator.without_passphrase(
        publisher.repository, publisher.keys, now=START, lifetime_days=LIFETIME_DAYS
    )
    stop(operator, tasks=(publisher.artefacts.task.name,))
    household.agent.update_model()
    seen = household.agent.installation().releases
    rmtree(household.directory / MODELS_DIRECTORY)
    with running_server(
        tmp_path / "behind", tmp_path / "none.db", now=START + 60 * WEEK_SECONDS, grace_weeks=70
    ) as behind:
        household.config = replace(household.config, server_url=behind, mirrors=(server_url,))
        household.reopen()
        household.agent.update_model()
    assert household.agent.installation().releases == seen
    assert household.agent.installation().task_is_stopped
