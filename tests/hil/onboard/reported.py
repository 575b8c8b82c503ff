"""``python -m tests.hil.onboard.reported HOME TITLE``: a viewing, picks and a report, all served.

The home has a reporting week behind it (``week``). The service would close it at a moment of its
own, a quarter of an hour away at most; here the box is asked to, and the service then shows it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from edgeagent.agent import Agent
from edgeagent.config import load_config
from tests.hil.onboard.line_client import LineClient
from tests.hil.onboard.serving import serving

__all__ = ["main"]

_PURPOSES = ("history", "personalization", "reporting")


def main() -> None:
    """Go round once."""
    home, title = sys.argv[1:]
    with serving(home) as (_, client):
        for purpose in _PURPOSES:
            consent = client.ask("EdgeAgent.grant", purpose=purpose)
        stored = client.ask("Discovery.watched", entityId=title, progress=1.0, completed=True)
        picks = client.ask("EdgeAgent.recommend", limit=5)
        answer = {
            "granted": [each["purpose"] for each in consent["purposes"] if each["granted"]],
            "stored": stored,
            "picks": picks,
            "disclosures": _disclosures(home, client),
            "budget": client.ask("EdgeAgent.budget"),
        }
    sys.stdout.write(json.dumps(answer) + "\n")


def _disclosures(home: str, client: LineClient) -> Any:  # noqa: ANN401  (JSON)
    with Agent.open(Path(home), config=load_config(Path(home))) as agent:
        agent.close_week()
    return client.ask("EdgeAgent.disclosures")


if __name__ == "__main__":
    main()
