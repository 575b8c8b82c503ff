"""Ids as people type them, and titles found by their names."""

from __future__ import annotations

import pytest

from edgeagent.cli.known_id import whole_id
from edgeagent.errors import InputError
from tests.cli.test_cli_loop import Terminal
from tests.publishing import Household, Publisher

_IDS = ["a:1", "a:12", "a:13", "b:1"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("a:1", "a:1"), ("a:12", "a:12"), ("b", "b:1"), ("c", "c"), ("", ""), ("a:123", "a:123")],
)
def test_the_beginning_of_an_id_is_enough_where_one_begins_so(typed: str, meant: str) -> None:
    assert whole_id(typed, _IDS) == meant
    assert whole_id(typed, iter([*_IDS, *_IDS])) == meant


def test_several_are_named() -> None:
    with pytest.raises(InputError, match=r"3 ids begin with 'a': a:1, a:12, a:13$"):
        whole_id("a", _IDS)
    with pytest.raises(InputError, match=r"4 ids begin with 'a': a:0, a:1, a:12, …$"):
        whole_id("a", ["a:0", *_IDS])


@pytest.fixture
def terminal(household: Household) -> Terminal:
    household.agent.update_model()
    household.agent.close()
    (household.directory / "config.toml").write_text('scorer = "resident"\n')
    return Terminal(household.directory)


def test_from_a_word_of_a_title_to_a_mark_on_it(terminal: Terminal, publisher: Publisher) -> None:
    title = next(iter(publisher.log.titles))
    wanted = title.title.upper().split()
    found = terminal.json("title", "search", *wanted)
    assert title.entity_id in {one["entity_id"] for one in found["titles"]}
    assert found["titles"][0]["title"].lower().startswith(title.title.lower())
    assert f"[{title.entity_id}]" in terminal.says("title", "search", *wanted)
    every = terminal.json("title", "search", "", "--limit", "2")
    assert (every["count"], len(every["titles"])) == (len(publisher.log.titles), 2)
    assert terminal.says("title", "search", "no such title") == "0 of 0 titles\n"

    start = _shortest_beginning(title.entity_id, [one.entity_id for one in publisher.log.titles])
    assert "is hidden" in terminal.says("title", "hide", start)
    assert title.entity_id in terminal.says("title", "list")
    assert "may be shown again" in terminal.says("title", "unhide", title.entity_id[:1])
    assert "is not in the catalogue" in terminal("title", "exclude", "nothing:1").stderr
    several = terminal("title", "exclude", title.entity_id[:1])
    assert several.exit_code == InputError.exit_code
    assert "ids begin with" in several.stderr


def test_only_what_was_watched_is_forgotten_by_a_beginning(
    terminal: Terminal, publisher: Publisher
) -> None:
    first, second, *_ = (title.entity_id for title in publisher.log.titles)
    terminal.says("consent", "grant", "history")
    terminal.says("history", "add", first)
    assert f"deleted 1 viewing of {first}" in terminal.says("history", "forget", first[:3])
    terminal.says("history", "add", second)
    assert f"deleted 1 viewing of {second}" in terminal.says("title", "forget", second[:3])


def _shortest_beginning(of: str, among: list[str]) -> str:
    lengths = range(1, len(of) + 1)
    return next(
        of[:length]
        for length in lengths
        if sum(one.startswith(of[:length]) for one in among) == 1 or length == len(of)
    )


@pytest.mark.parametrize(
    ("kind", "own", "most"),
    [("adult", 12, 12), ("teen", None, 16), ("kid", None, 6), ("kid", 0, 0)],
)
def test_what_is_above_the_age_limit_is_not_found(
    terminal: Terminal, publisher: Publisher, kind: str, own: int | None, most: int
) -> None:
    terminal.says("profile", "create", "kim", "--kind", kind)
    if own is not None:
        terminal.says("profile", "age-limit", "kim", "--years", str(own))
    fit = {one.entity_id for one in publisher.log.titles if one.age_rating <= most}
    assert fit < {one.entity_id for one in publisher.log.titles}
    search = ("title", "search", "", "--limit", "1000")
    found = terminal.json(*search, "--profile", "kim")["titles"]
    assert {one["entity_id"] for one in found} == fit
    assert terminal.json(*search)["count"] == len(publisher.log.titles)
    terminal.says("profile", "switch", "kim")
    assert terminal.json(*search)["count"] == len(fit)
