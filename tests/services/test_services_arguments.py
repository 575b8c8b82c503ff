"""Arguments of the Python API are of the types that the hints say, or nothing is done."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import pytest

import edgeagent
from edgeagent import Agent, Config, Environment, load_config
from edgeagent.arguments import refusing_wrong_types
from edgeagent.consent import Purpose
from edgeagent.errors import InputError
from edgeagent.messages import Picks, WatchEvent
from edgeagent.messages.fields import WeekNumber
from edgeagent.promotion.context import OnScreen
from edgeagent.store import ViewingSpan
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.inside import box_context

NAN = float("nan")
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001  (without a zone on purpose)
WRONG = [None, True, 3, NAN, "nonsense", b"main", ["main"], [3], {}, {"a": 1}, object(), NAIVE]
RIGHT: dict[str, object] = {
    "app": None,
    "about": 1_768_000_000,
    "before": None,
    "by_signal": False,
    "cached": False,
    "config": None,
    "crid": "a",
    "days": 30,
    "directory": "home",
    "edges": (1, 2),
    "end": 2,
    "entity_id": "t:1",
    "entity_ids": {"t:1"},
    "environment": None,
    "events": WatchEvent(entity_id="t:1", watched_on=1_768_000_000),
    "exported": "export.json",
    "flag": "allowWatchHistory",
    "given": True,
    "grant": lambda _purpose, _profile: None,
    "home": "home",
    "issued_at": 1_768_000_000,
    "keep_unknown": False,
    "kind": "adult",
    "language": "en",
    "limit": 3,
    "max_age_rating": 12,
    "minutes": 3,
    "moment": 1_768_000_000,
    "name": "main",
    "named": "main",
    "new_name": "Ada",
    "new_pin": None,
    "now": 1_768_000_000,
    "number": 1,
    "on_screen": OnScreen(),
    "or_later": False,
    "path": "export.json",
    "pin": None,
    "picks": Picks(picks=(), segment_probabilities=(), score_spread=0.0),
    "placement": "home",
    "provider": None,
    "prior": None,
    "profile": "main",
    "progress": lambda _done, _total: None,
    "purpose": Purpose.HISTORY,
    "purposes": (Purpose.HISTORY,),
    "reason": "user_request",
    "seen_since": 1,
    "settings": None,
    "signal": "gpc",
    "span": ViewingSpan(since=1),
    "start": 1,
    "step": lambda _step: None,
    "stopping": False,
    "system": "none.toml",
    "text": "star",
    "vouched_until": 1_768_000_000,
    "week": 2930,
    "what": "creative",
    "why_segments": False,
    "withdraw": lambda _purpose, _profile: None,
}
"""An argument of each name that is fit; one that takes ``None`` may still take more."""
PARTS = (
    *(
        "clock",
        "erasure",
        "gate",
        "history",
        "household",
        "household.flags",
        "household.lock",
        "models",
        "portability",
    ),
    *(
        "private",
        "promotions",
        "reports",
        "retention",
        "retention.on_time",
        "stores",
        "title_marks",
        "titles",
    ),
)


def fits(value: object, hint: object) -> bool:
    """Whether a value may be meant, judged without the code under test."""
    inner, origin = typing.get_args(hint), typing.get_origin(hint)
    if origin in {typing.Annotated, Literal}:
        return value in inner if origin is Literal else fits(value, inner[0])
    if origin in {Sequence, set, typing.get_origin(typing.Collection[int])}:
        text = isinstance(value, str | bytes)
        return isinstance(value, origin) and not text and all(fits(one, inner[0]) for one in value)  # type: ignore[arg-type]
    if inner and origin is not Callable:
        return any(fits(value, one) for one in inner)
    if (hint is int and isinstance(value, bool)) or getattr(hint, "_is_protocol", False):
        return False
    if isinstance(hint, type) and issubclass(hint, str) and hint is not str:
        return value in list(hint)  # type: ignore[call-overload]
    return isinstance(value, hint if isinstance(hint, type) else Callable)  # type: ignore[arg-type]


def wrong_calls(part: object) -> typing.Iterator[tuple[str, str, dict[str, object]]]:
    """Each public method, with one argument at a time that cannot be meant."""
    for method in sorted(name for name in dir(part) if not name.startswith("_")):
        function = getattr(type(part), method, None)
        if callable(function):
            for name, arguments in wrong_arguments(function):
                yield method, name, arguments


def wrong_arguments(
    function: Callable[..., object],
) -> typing.Iterator[tuple[str, dict[str, object]]]:
    hints = typing.get_type_hints(function, include_extras=True)
    hints.pop("return", None)
    for name, hint in hints.items():
        right = {other: RIGHT[other] for other in hints if other != name}
        for value in WRONG:
            if not fits(value, hint):
                yield name, right | {name: value}  # the last is looked at last: right ones passed


def opened(agent_box: AgentBox) -> Agent:
    """Open a home as a program does that embeds the agent."""
    return Agent.open(
        agent_box.directory, config=agent_box.config, environment=agent_box.environment()
    )


@pytest.mark.parametrize("part", ["", *PARTS])
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(
    agent_box: AgentBox, part: str
) -> None:
    with opened(agent_box) as agent:
        for purpose in Purpose:
            agent.grant(purpose)
        agent.record_watch(WatchEvent(entity_id="t:1", watched_on=agent_box.clock.now()))
        place: object = agent
        for name in part.split(".") if part else ():
            place = getattr(place, name)
        before, calls = files(agent_box.directory), 0
        for method, name, arguments in wrong_calls(place):
            with pytest.raises(InputError, match=rf"\.{method}: {name}: ") as caught:
                getattr(place, method)(**arguments)
            assert caught.value.hint, (method, name)
            calls += 1
        assert files(agent_box.directory) == before
        assert calls > 0 or part in {"models", "stores"}  # whose methods take no arguments


def files(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_the_parts_are_all_that_an_agent_hands_out(agent_box: AgentBox) -> None:
    with opened(agent_box) as agent:
        public = {name for name in dir(agent) if not name.startswith("_")}
        parts = {name for name in public if not callable(getattr(agent, name))} - {"scorer"}
        assert parts == {part for part in PARTS if "." not in part}
        assert public <= set(dir(type(agent)))


def test_a_message_made_by_hand_is_checked_field_by_field(agent_box: AgentBox) -> None:
    with opened(agent_box) as agent:
        agent.grant(Purpose.HISTORY)
        with pytest.raises(InputError, match="WatchEvent"):
            agent.record_watch(WatchEvent(entity_id=3, watched_on=0))  # type: ignore[arg-type]
        assert box_context(agent).home.history.count("main") == 0


@refusing_wrong_types
class Taker:
    def paths(self, path: Path | str, other: Path | None = None) -> object:
        return path, other

    def text(self, words: str, *, week: WeekNumber = 0) -> object:
        return words, week


def test_text_is_a_path() -> None:
    assert Taker().paths("a", "b") == (Path("a"), Path("b"))  # type: ignore[arg-type]
    for value in ("", "a\0b", 3, b"a"):
        with pytest.raises(InputError, match="path"):
            Taker().paths(value)  # type: ignore[arg-type]


def test_half_a_surrogate_pair_is_no_text_and_a_range_is_kept() -> None:
    assert Taker().text("a", week=3) == ("a", 3)
    for arguments in ({"words": "\ud800"}, {"words": "a", "week": -1}):
        with pytest.raises(InputError):
            Taker().text(**arguments)


def test_a_wrong_number_of_arguments_stays_python_s_own_error() -> None:
    with pytest.raises(TypeError, match="positional"):
        Taker().text("a", "b")  # type: ignore[call-arg, arg-type]
    with pytest.raises(TypeError, match="unexpected"):
        Taker().text("a", day=3)  # type: ignore[call-arg]


EXPORTED = [getattr(edgeagent, name) for name in edgeagent.__all__]
FUNCTIONS = [one for one in EXPORTED if inspect.isfunction(one)]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_are_held_to_their_hints_too(
    agent_box: AgentBox, function: Callable[..., object]
) -> None:
    agent_box.open().close()
    home = {"home": agent_box.directory, "directory": agent_box.directory}
    before, names = files(agent_box.directory), set()
    for name, arguments in wrong_arguments(function):
        there = {one: home.get(one, value) for one, value in arguments.items() if one != name}
        with pytest.raises(InputError, match=rf"^{function.__name__}: {name}: "):
            function(**there | {name: arguments[name]})
        names.add(name)
    assert files(agent_box.directory) == before
    assert names == set(inspect.signature(function).parameters)


def test_text_is_taken_where_a_path_is(tmp_path: Path) -> None:
    assert load_config(str(tmp_path), system=str(tmp_path / "none")).retention_days == 90
    with Agent.open(str(tmp_path / "box"), environment=Environment(simulated=True)) as agent:
        agent.portability.export_to(str(tmp_path / "export.json"))
        assert agent.portability.import_(str(tmp_path / "export.json")).profiles_created == 0
    given = edgeagent.read_export(str(tmp_path / "export.json"))
    assert [profile.name for profile in given.profiles] == ["main"]
    assert edgeagent.erase_box(str(tmp_path / "box")).scope == "all"
    assert not (tmp_path / "box" / "ledger.db").exists()


def test_an_environment_is_checked_field_by_field(agent_box: AgentBox) -> None:
    for name, value in {"clock": 3, "runtime_directory": 3, "build_time": "0", "frame": 1}.items():
        environment = replace(agent_box.environment(), **{name: value})  # type: ignore[arg-type]
        with pytest.raises(InputError, match=f"environment: Environment: {name}: Expected"):
            Agent.open(agent_box.directory, environment=environment)
    assert not agent_box.directory.exists()


def test_settings_made_by_hand_are_checked_before_a_home_is(agent_box: AgentBox) -> None:
    wrong = Config(retention_days="30")  # type: ignore[arg-type]  # the fault
    with pytest.raises(InputError, match=r"Config: Expected `int`.*retention_days"):
        Agent.open(agent_box.directory, config=wrong, environment=agent_box.environment())
    assert not agent_box.directory.exists()
