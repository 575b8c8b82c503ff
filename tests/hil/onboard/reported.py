"""``python -m tests.hil.onboard.reported HOME TITLE``: a viewing, picks and a report, all served.

The home has a reporting week behind it (``week``). The service closes it by itself, as soon as
its settings let it work; this waits for the report to be there.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from tests.hil.onboard.line_client import LineClient
from tests.hil.onboard.serving import WAIT_SECONDS, serving

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
            "disclosures": _disclosures(client),
            "budget": client.ask("EdgeAgent.budget"),
        }
    sys.stdout.write(json.dumps(answer) + "\n")


def _disclosures(client: LineClient) -> Any:  # noqa: ANN401  (JSON)
    while not (disclosures := client.ask("EdgeAgent.disclosures")):
        threading.Event().wait(WAIT_SECONDS)
    return disclosures


if __name__ == "__main__":
    main()
