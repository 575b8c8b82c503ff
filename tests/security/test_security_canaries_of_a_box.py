"""Promise 1 at the level of a whole box, and that the scan would find each kind of leak."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.messages import (
    ModelClaims,
    ModelFiles,
    Pick,
    Picks,
    RankRequest,
    SegmentAnswer,
    SegmentRequest,
    SplitAnswer,
    SplitRequest,
    TrialAnswer,
    TrialRequest,
    WatchEvent,
)
from edgeagent.services.upkeep.box_erasure import erase_box
from edgeagent.services.upkeep.key_management import configured_provider
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.canaries import decrypted_files, files_with
from edgeagent.testing.scorer import segment_answer

CANARY = "Canary of Portmeirion 71"
PROFILES = ("main", "Ada")


class CanaryScorer:
    """Recommends the canary, with its title, as a real scorer would."""

    def rank(self, request: RankRequest) -> Picks:
        del request
        pick = Pick(
            entity_id=CANARY,
            title=CANARY,
            kind="film",
            year=None,
            genres=(),
            score=1.0,
            reasons=(),
        )
        return Picks(picks=(pick,), segment_probabilities=(1.0,), score_spread=1.0)

    def split(self, request: SplitRequest) -> SplitAnswer:
        return SplitAnswer(sessions=request.profiles)

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        return segment_answer(request, (0,) * len(request.sessions))

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        """Accept every model."""

    def trial(self, request: TrialRequest) -> TrialAnswer:
        """Guess nothing."""
        del request
        return TrialAnswer(gains=())

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    """A box of two profiles whose viewings, picks and marks hold canaries."""
    made = AgentBox(
        directory=tmp_path / "home", runtime_directory=tmp_path / "run", scorer=CanaryScorer()
    )
    with made.open() as agent:
        agent.household.create("Ada", kind="adult")
        for profile in PROFILES:
            agent.grant(Purpose.HISTORY, profile=profile)
            agent.grant(Purpose.PERSONALIZATION, profile=profile)
            agent.record_watch(
                [
                    WatchEvent(entity_id=entity_id, watched_on=at, profile=profile)
                    for at in range(made.clock.now() - 200, made.clock.now())
                    for entity_id in (CANARY, f"title {at}")
                ]
            )
            agent.title_marks.exclude(CANARY, profile=profile)
        made.update(agent)
        agent.recommend()
        agent.recommend(profile="Ada")
    return made


def _held(box: AgentBox) -> set[str]:
    provider = configured_provider(box.directory, box.config)
    return files_with(CANARY, decrypted_files(box.directory, provider))


def _as_it_lies_there(box: AgentBox) -> set[str]:
    files = {str(path): path.read_bytes() for path in box.directory.rglob("*") if path.is_file()}
    return files_with(CANARY, files)


def test_the_scan_sees_the_canaries_with_the_keys_and_without_them_nothing(box: AgentBox) -> None:
    with box.open():
        assert _held(box) == {"history.db"}
        assert _as_it_lies_there(box) == set()


def _forget(box: AgentBox, agent: Agent) -> None:
    del box
    for profile in PROFILES:
        agent.title_marks.forget(CANARY, profile=profile)


def _withdraw(box: AgentBox, agent: Agent) -> None:
    del box
    for profile in PROFILES:
        agent.withdraw(Purpose.HISTORY, profile=profile)


def _time_passes(box: AgentBox, agent: Agent) -> None:
    for profile in PROFILES:
        agent.title_marks.include(CANARY, profile=profile)
    box.clock.advance(91 * DAY_SECONDS)
    box.update(agent)
    agent.housekeeping()


def _erase_history(box: AgentBox, agent: Agent) -> None:
    del box
    agent.erasure.erase_history()


@pytest.mark.parametrize("delete", [_forget, _withdraw, _time_passes, _erase_history])
def test_nothing_of_a_deleted_title_is_left(
    box: AgentBox, delete: Callable[[AgentBox, Agent], None]
) -> None:
    with box.open() as agent:
        assert "history.db" in _held(box)
        delete(box, agent)
        assert _held(box) == set()
    assert _held(box) == set()


def test_nothing_of_a_removed_profile_is_left(box: AgentBox) -> None:
    with box.open() as agent:
        agent.erasure.erase_history(profile="main")
        assert "history.db" in _held(box)
        agent.erasure.erase_profile("Ada")
        assert _held(box) == set()


def test_the_name_of_a_removed_profile_stays_with_its_decisions_alone(box: AgentBox) -> None:
    with box.open() as agent:
        agent.erasure.erase_history()
        agent.household.create(CANARY, kind="adult")
        agent.erasure.erase_profile(CANARY)
    assert _held(box) == set()
    with box.open() as agent:
        agent.household.create(CANARY, kind="adult")
        agent.grant(Purpose.HISTORY, profile=CANARY)
        agent.erasure.erase_profile(CANARY)
    assert _held(box) == {"ledger.db"}


def test_nothing_at_all_is_left_after_erasing_everything(box: AgentBox) -> None:
    provider = configured_provider(box.directory, box.config)
    erase_box(box.directory, provider=provider, now=box.clock.now())
    assert _held(box) == set()
    with box.open():
        assert _held(box) == set()


@pytest.mark.parametrize(
    "write",
    [
        str.encode,
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode().hex().encode(),
        lambda text: text.encode().hex().upper().encode(),
        lambda text: text.encode("utf-16-le").hex().encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.b64encode(b"x" + text.encode()),
        lambda text: base64.b64encode(b"xy" + text.encode()),
        lambda text: base64.urlsafe_b64encode(text.encode("utf-16-be")),
        lambda text: zlib.compress(b"watched: " + text.encode(), level=1),
        lambda text: zlib.compress(b"watched: " + text.encode(), level=9),
        lambda text: zlib.compress(b"watched: " + base64.b64encode(text.encode())),
        lambda text: zlib.compress(text.encode() + bytes(range(256)))[:-20],
        lambda text: gzip.compress(b"watched: " + text.encode(), mtime=0),
    ],
)
@pytest.mark.parametrize("place", ["log", "models/targets/log", "history.db-journal"])
def test_a_planted_leak_is_found(tmp_path: Path, write: Callable[[str], bytes], place: str) -> None:
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run")
    with box.open():
        assert _held(box) == set()
        path = box.directory / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"2026-01-12 " + write(CANARY) + b" end\n")
        assert _held(box) == {place}


def test_a_raw_deflate_stream_is_found() -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(b"watched: " + CANARY.encode()) + packer.flush()
    assert files_with(CANARY, {"a": packed, "b": b"nothing"}) == {"a"}
