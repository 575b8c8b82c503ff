"""Picks and models on the command line, over a model that was really published."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from edgeagent.agent import Agent
from edgeagent.clock import SystemClock, iso_utc
from edgeagent.config import Config
from edgeagent.messages import WatchEvent
from edgeagent.messages.creatives import Suits
from edgeagent.services.models.installation import InstallationStore, UnreadManifest
from edgeagent.simulator.plan import START
from edgeagent.testing.creatives import (
    install_creatives,
    picture_of,
    some_catalogue,
    some_creative,
    some_variant,
)
from model_export.publishing.artefacts import export
from model_export.train import train
from tests.cli.test_cli_loop import Terminal
from tests.publishing import Household, Publisher, titles_of


@pytest.fixture
def terminal(fond_of_comedy: Path) -> Terminal:
    return Terminal(fond_of_comedy)


def test_what_was_begun_stands_apart_from_what_is_new(
    terminal: Terminal, publisher: Publisher
) -> None:
    begun = titles_of(publisher, "Comedy")[6:8]
    picks = terminal.json("recommend")
    assert {pick["entity_id"] for pick in picks["continue_watching"]} == set(begun)
    progress = sorted(pick["progress_fraction"] for pick in picks["continue_watching"])
    assert progress == pytest.approx([0.4, 0.6])
    watched = titles_of(publisher, "Comedy")[:8]
    assert {pick["entity_id"] for pick in picks["picks"]}.isdisjoint(watched)
    assert [pick["drawn"] for pick in picks["picks"]] == [False] * 9 + [True]
    words = terminal.says("recommend")
    first, second = words.split("\nNew\n")
    assert first.startswith("Continue watching\n")
    assert "You are 60% through" in first
    assert "Because you watched" in second
    assert "Something different today" in second


def test_stored_picks_are_served_at_once(terminal: Terminal) -> None:
    fresh = terminal.json("recommend")
    stored = {**fresh, "cached": True}
    assert fresh["cached"] is False
    assert terminal.json("recommend", "--cached") == stored
    (model,) = (terminal.home / "models" / "targets").glob("*.onnx")
    model.unlink()
    assert terminal.json("recommend", "--cached") == stored


def test_an_explanation_adds_up_and_says_it_in_words(terminal: Terminal) -> None:
    best = terminal.json("recommend")["picks"][0]["entity_id"]
    explained = terminal.json("explain", best)
    parts = sum(reason["contribution"] for reason in explained["reasons"])
    assert parts == pytest.approx(explained["score"])
    words = terminal.says("explain", best)
    assert "Because you watched" in words
    assert "sum of the parts" in words


def test_without_a_working_model_there_are_popular_titles_and_it_is_said(
    terminal: Terminal,
) -> None:
    (model,) = (terminal.home / "models" / "targets").glob("*.onnx")
    model.write_bytes(b"not a model")
    result = terminal("recommend")
    assert result.exit_code == 0
    assert "No model works" in result.stderr
    assert "Popular" in result.stdout
    assert terminal.json("recommend")["ranked_by"] == "popularity"
    assert "failures  2 in a row" in terminal.says("model", "status")
    terminal.json("recommend")
    status = terminal.says("model", "status")
    assert "failed 3 times in a row" in status
    assert terminal.json("recommend")["ranked_by"] == "popularity"
    assert terminal.json("model", "status")["failures"] == 3


@pytest.mark.deep
def test_what_was_rolled_back_stays_behind_until_another_model_is_published(
    household: Household, publisher: Publisher
) -> None:
    household.agent.update_model()
    first = household.agent.installation().current
    newer = train(publisher.log, seed=8, segments=16, dimension=32)
    publisher.publish(export(newer, publisher.log, now=START + 60), now=START + 60)
    household.agent.update_model()
    assert household.agent.rollback_model() == first
    again = household.agent.update_model()
    assert (again.model_changed, again.refused) == (False, "rolled back")
    assert household.agent.installation().current == first
    household.agent.close()
    status = Terminal(household.directory).says("model", "status")
    assert "rolled back; until another is published" in status
    household.agent = household.open()


def test_a_manifest_that_could_not_be_read_is_told(household: Household) -> None:
    store = InstallationStore(household.agent._home.ledger, household.directory / "models")
    store.update(unread=UnreadManifest(reason="ModelManifest: Invalid JSON", at=START))
    household.agent.close()
    status = Terminal(household.directory).says("model", "status")
    assert f"unread    the manifest published on {iso_utc(START)}: ModelManifest: " in status
    household.agent = household.open()


def test_when_everything_was_watched_it_is_said(terminal: Terminal, publisher: Publisher) -> None:
    config = Config(scorer="resident", retention_days=365)
    with Agent.open(terminal.home, config=config) as agent:
        now = SystemClock().now()
        agent.record_watch(
            [
                WatchEvent(entity_id=title.entity_id, watched_on=now, completed=True)
                for title in publisher.log.titles
            ]
        )
    assert terminal.json("recommend")["picks"] == []
    assert "nothing new is left for main" in terminal.says("recommend")


def test_artwork_is_a_file_on_the_box_and_for_segments_of_its_own_title_alone(
    terminal: Terminal, publisher: Publisher
) -> None:
    manifest = publisher.artefacts.manifest
    titles = [pick["entity_id"] for pick in terminal.json("recommend")["picks"]][:5]
    counted = [n for n, label in enumerate(manifest.segments) if not label.sensitive]
    variants = [
        some_variant(f"t{place}-s{segment}", title, segment, starts_at=SystemClock().now() - 3600)
        for place, title in enumerate(titles)
        for segment in counted
    ]
    with Agent.open(terminal.home) as agent:
        install_creatives(agent, some_catalogue(*variants, space_id=manifest.space_id))
    assert terminal.json("recommend")["artwork"] == []
    terminal.says("consent", "grant", "promotion")
    found = terminal.json("recommend")
    shares = found["segment_probabilities"]
    picks = {pick["entity_id"]: pick for pick in found["picks"]}
    for title in titles:
        own = [n for n in picks[title]["own_segments"] if n in counted and shares[n] >= 0.05]
        shown = [each for each in found["artwork"] if each["entity_id"] == title]
        assert len(shown) == bool(own), title
        for each in shown:
            assert int(each["crid"].rpartition("-s")[2]) in own
            assert Path(each["file"]).read_bytes() == picture_of(each["crid"])
    assert found["artwork"]
    assert found["artwork"][0]["file"] in terminal.says("recommend")
    crid = found["artwork"][0]["crid"]
    reason = terminal.says("promo", "why", crid)
    assert "Because this box sees you among" in reason
    assert "It may stand for its title" in reason
    assert f"edgeagent promo hide {crid}" in reason


def test_a_choice_names_its_file_in_json_too(terminal: Terminal) -> None:
    start = SystemClock().now() - 3600
    catalogue = some_catalogue(
        some_creative("house", starts_at=start, suits=Suits(genres=("Horror",)))
    )
    with Agent.open(terminal.home) as agent:
        install_creatives(agent, catalogue)
    [item] = terminal.json("promo", "choose", "home", "--genre", "Horror")["creatives"]
    assert Path(item["file"]).read_bytes() == picture_of("house")
    assert item["file"] in terminal.says("promo", "choose", "home", "--on-screen", "no-film")


def test_why_says_how_it_stands_and_what_can_be_taken_back(terminal: Terminal) -> None:
    now = SystemClock().now()
    late, grown = some_creative("late", starts_at=now + 3600), some_creative("grown", age_rating=18)
    grown = msgspec.structs.replace(grown, starts_at=now - 3600, ends_at=now + 3600)
    plain = msgspec.structs.replace(grown, crid="plain", age_rating=0)
    with Agent.open(terminal.home) as agent:
        install_creatives(agent, some_catalogue(late, grown, plain))
    terminal.says("profile", "age-limit", "main", "--years", "12")
    fits = "it fits the place and the time"
    said = terminal.says("promo", "why", "plain")
    assert fits in said
    assert "consent withdraw" not in said
    assert "edgeagent promo hide --advertiser acme\n" in said
    for crid, state in (("late", "not now"), ("grown", "for older people")):
        said = terminal.says("promo", "why", crid)
        assert fits not in said
        assert f"How it stands here: {state}." in said
    terminal.says("consent", "grant", "promotion")
    assert "or edgeagent consent withdraw promotion" in terminal.says("promo", "why", "plain")
    terminal.says("promo", "hide", "plain")
    said = terminal.says("promo", "why", "plain")
    assert "How it stands here: hidden." in said
    assert "To stop it" not in said
