"""What is said to hold can be read: the log of disclosures and the budget fail alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edgeagent.agent import Agent
from edgeagent.errors import EdgeAgentError, LedgerBroken
from edgeagent.store.database import PAGE_BYTES
from edgeagent.testing.agent_box import AgentBox


def _code(box: AgentBox, ask: Callable[[Agent], object]) -> int:
    """Return the exit code of asking a box that was just started."""
    try:
        with box.open() as agent:
            ask(agent)
    except EdgeAgentError as error:
        return error.exit_code
    return 0


def _verify(agent: Agent) -> None:
    found = agent.reports.verify_disclosures()
    if not found.ok:
        raise LedgerBroken("; ".join(found.problems), hint="")


def test_where_the_budget_cannot_be_read_nothing_holds(tmp_path: Path) -> None:
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run")
    with box.open() as agent:
        agent._home.ledger.check()
    path = box.directory / "ledger.db"
    whole = path.read_bytes()
    unread = 0
    for start in range(0, len(whole), PAGE_BYTES):
        at = start + 100
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        budget = _code(box, lambda agent: agent.reports.balance())
        verified = _code(box, _verify)
        path.write_bytes(whole)
        if budget:
            unread += 1
            assert verified == budget, f"page {start // PAGE_BYTES + 1}"
    assert unread
