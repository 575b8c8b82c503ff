"""Plays the examples to a real service over its unix socket, and keeps what came back.

The model is trained, published and fetched, and it ranks with ONNX Runtime; only the clock is set.
The catalogue is the one that ``edgeagent simulate`` publishes, so that a reader who has followed
the tour can repeat each call.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edgeagent.agent import Agent, Environment
from edgeagent.api.methods.registry import EVENTS
from edgeagent.clock import WEEK_SECONDS
from edgeagent.config import Config, ServiceConfig
from edgeagent.consent import Purpose
from edgeagent.messages.creatives import Suits
from edgeagent.scoring.resident import ResidentScorer
from edgeagent.services.models.facade import Models
from edgeagent.simulator.plan import START
from edgeagent.simulator.server_process import running_server
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.creatives import install_creatives, some_catalogue, some_creative
from model_export.publishing.artefacts import export
from model_export.synthetic import synthetic_panel
from model_export.train import train
from tests.api.methods.openrpc_examples import (
    AFTER_A_REPORT,
    AFTER_A_SECOND_MODEL,
    AT_FIRST,
    REFUSED_AFTER_A_REPORT,
    REFUSED_AT_FIRST,
    Done,
    Example,
    Refused,
)
from tests.api.running import LineClient, Running, ServiceThread
from tests.publishing import Publisher, publication

__all__ = ["PACKAGED_HOME", "SEED", "TITLES", "TOUR_SERVER", "Recorded", "recorded"]

SEED, TITLES = 1, 1500
"""Of the catalogue that ``edgeagent simulate`` invents unless it is told otherwise."""
TOUR_SERVER = "http://127.0.0.1:8470"
"""Where the tour's server listens; this one takes any free port."""
PACKAGED_HOME = "/var/lib/edgeagent"
"""Where the packages keep a box; this one lies in a directory that is gone afterwards."""
_ENOUGH_HOUSEHOLDS = 120
"""To train a model in seconds whose picks have reasons."""


@dataclass(kw_only=True)
class Recorded:
    """What came back."""

    examples: Done = field(default_factory=dict)
    """By method or event, as the OpenRPC document has them."""
    errors: Done = field(default_factory=dict)
    """By method."""


class _SimulatedBox(AgentBox):
    """A box that fetches what a server publishes, and ranks with it."""

    def open(self) -> Agent:
        """Open the home once more, as another process or a restart would."""
        self.runtime_directory.mkdir(exist_ok=True)
        environment = Environment(
            clock=self.clock,
            random=self.random,
            make_scorer=ResidentScorer,
            runtime_directory=self.runtime_directory,
            simulated=True,
        )
        return Agent.open(self.directory, config=self.config, environment=environment)

    def models(
        self, agent: Agent, *, issued_at: int | None = None, vouched_until: int | None = None
    ) -> Models:
        """Return the agent's own: its server's repository is a real one."""
        del issued_at, vouched_until
        return agent.models


def recorded() -> Recorded:
    """Play all examples; takes about ten seconds."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        panel = synthetic_panel(SEED, households=_ENOUGH_HOUSEHOLDS, weeks=20, titles=TITLES)
        publisher = publication(directory / "published", panel, seed=SEED)
        url = stack.enter_context(
            running_server(
                publisher.repository,
                directory / "reports.db",
                now=START + 60 * WEEK_SECONDS,
                grace_weeks=70,
            )
        )
        box = _box(directory, publisher, url)
        services = ServiceThread(directory)
        stack.callback(services.stop)
        return _Recorder(services.start(box=box), publisher, url).record()


def _box(directory: Path, publisher: Publisher, url: str) -> AgentBox:
    return _SimulatedBox(
        directory=directory / "box",
        runtime_directory=directory / "run",
        clock=FakeClock(START),
        config=Config(
            server_url=url,
            trusted_root=str(publisher.repository / "root.json"),
            service=ServiceConfig(
                profile_flags={"userExperience": "1000"},
                viewings_at_once=10,  # so that a short list exceeds it
            ),
        ),
    )


class _Recorder:
    """Calls as a manager or an app, and listens to every event on a third connection."""

    def __init__(self, running: Running, publisher: Publisher, url: str) -> None:
        self._running, self._publisher, self._url = running, publisher, url
        self._found = Recorded()

    def record(self) -> Recorded:
        running = self._running
        with (
            running.line() as manager,
            running.line() as listener,
            running.line(manage=False) as app,
        ):
            begun = self._listen(listener)
            metadata = self._publisher.repository / "metadata"
            hidden = metadata.rename(metadata.with_name("hidden"))
            self._refuse(REFUSED_AT_FIRST, manager=manager, app=app)
            hidden.rename(metadata)
            self._call(AT_FIRST, manager)
            self._draw_a_report()
            self._call(AFTER_A_REPORT, manager)
            self._refuse(REFUSED_AFTER_A_REPORT, manager=manager, app=app)
            self._publish_again()
            self._call(AFTER_A_SECOND_MODEL, manager)
            self._read_events(listener, begun)
        return self._found

    def _call(self, examples: list[Example], client: LineClient) -> None:
        for title, method, given in examples:
            params = given(self._found.examples) if callable(given) else given or {}
            result = self._read(client.result(method, params or None))
            self._keep(method, title, params, {} if method == "rpc.discover" else result)

    def _refuse(self, calls: list[Refused], *, manager: LineClient, app: LineClient) -> None:
        for method, code, params, by_app in calls:
            error = self._read((app if by_app else manager).error(method, params or None))
            assert error["code"] == code, (method, error)
            caller = "app" if by_app else "manage"
            kept = error | {"x-example": {"caller": caller, "params": params or {}}}
            self._found.errors.setdefault(method, []).append(kept)

    def _listen(self, listener: LineClient) -> dict[int, str]:
        begun = {}
        for event in EVENTS:
            answer = listener.ask(event.name, {"listen": True})
            self._keep(event.name, "Begin to listen", {"listen": True}, answer["result"])
            begun[answer["id"]] = event.name
        return begun

    def _read_events(self, listener: LineClient, begun: dict[int, str]) -> None:
        listener.send(b'{"jsonrpc":"2.0","id":"last","method":"Discovery.policy"}')
        while (told := listener.receive())["id"] != "last":
            name = begun[told["id"]]
            if len(self._found.examples[name]) == 1:
                value = self._read(told["result"])
                self._keep(name, "An event", {"listen": True}, value)

    def _keep(self, method: str, title: str, params: dict[str, Any], result: object) -> None:
        example = {
            "name": title,
            "params": [{"name": key, "value": value} for key, value in params.items()],
            "result": {"name": "result", "value": result},
        }
        self._found.examples.setdefault(method, []).append(example)

    def _read(self, answer: Any) -> Any:  # noqa: ANN401  (any JSON)
        text = json.dumps(answer).replace(self._url, TOUR_SERVER)
        return json.loads(text.replace(str(self._running.box.directory), PACKAGED_HOME))

    def _draw_a_report(self) -> None:
        box = self._running.box
        with box.open() as agent:
            agent.reports.turn_quarter()
            box.clock.set(box.end_of_reporting_week(agent))
            agent.close_week()
            start = box.clock.now()
            agent.grant(Purpose.PROMOTION)
            install_creatives(
                agent,
                some_catalogue(
                    some_creative(
                        "autumn-dramas",
                        kind="promo",
                        advertiser="house",
                        cat="series",
                        title="Dramas for long evenings",
                        starts_at=start,
                        suits=Suits(genres=("Drama", "Romance")),
                    ),
                    some_creative("crisps", title="Crisps", starts_at=start, code="CRISP"),
                ),
            )
            agent.reports.turn_quarter()
        box.clock.advance(WEEK_SECONDS)

    def _publish_again(self) -> None:
        """Publish a model of the same people that was trained from another seed."""
        box, publisher = self._running.box, self._publisher
        model = train(publisher.log, seed=SEED + 1, segments=16, dimension=32)
        newer = export(model, publisher.log, now=box.clock.now())
        publisher.publish(replace(newer, task=publisher.artefacts.task), now=box.clock.now())
