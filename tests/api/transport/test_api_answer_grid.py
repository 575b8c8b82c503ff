"""Apps are answered at the end of a slot, whatever there was to do in it."""

from __future__ import annotations

import asyncio

import pytest

from edgeagent.api.transport.answer_grid import (
    AT_ONCE,
    SLOT_SECONDS,
    VIEWINGS_A_SLOT,
    AnswerGrid,
    LoopTime,
)
from edgeagent.errors import InputError
from tests.api.running import Leaping, Running


@pytest.mark.parametrize(
    ("seconds", "slots", "taken"),
    [(0.0, 1, 1), (0.001, 1, 1), (0.0019, 1, 1), (0.049, 1, 1), (0.051, 1, 2), (0.01, 3, 3)],
)
@pytest.mark.parametrize("fails", [False, True])
def test_work_shows_in_whole_slots_only(
    seconds: float, slots: int, taken: int, *, fails: bool
) -> None:
    time = Leaping()

    async def work() -> str:
        time.seconds += seconds
        if fails:
            raise InputError("no such title", hint="this is a test")
        return "done"

    async def scenario() -> str:
        return await AnswerGrid(time).run("app", work, slots=slots)

    if fails:
        with pytest.raises(InputError):
            asyncio.run(scenario())
    else:
        assert asyncio.run(scenario()) == "done"
    assert time.seconds == pytest.approx(taken * SLOT_SECONDS)


def test_few_calls_of_one_peer_run_at_once_and_others_do_not_wait_for_them() -> None:
    async def scenario() -> list[int]:
        pace, last_began, go_on = AnswerGrid(Leaping()), asyncio.Event(), asyncio.Event()
        running = {"crowd": 0, "one": 0}

        async def work(peer: str) -> None:
            running[peer] += 1
            if peer == "one":
                last_began.set()
            await go_on.wait()

        def call(peer: str) -> asyncio.Task[None]:
            return asyncio.create_task(pace.run(peer, lambda: work(peer)))

        calls = [call("crowd") for _ in range(3 * AT_ONCE)] + [call("one")]
        await last_began.wait()
        began = [running["crowd"], running["one"]]
        go_on.set()
        await asyncio.gather(*calls)
        return [*began, running["crowd"]]

    assert asyncio.run(scenario()) == [AT_ONCE, 1, 3 * AT_ONCE]


def test_the_loops_time_waits_for_a_moment_and_never_returns_before_it() -> None:
    async def scenario() -> list[float]:
        time = LoopTime()
        late = []
        for ahead in (-1.0, 0.0, 0.0005, 0.004):
            moment = time.now() + ahead
            await time.until(moment)
            late.append(time.now() - moment)
        return late

    assert min(asyncio.run(scenario())) >= 0


def test_an_app_is_answered_alike_when_it_is_stored_private_a_childs_or_not_allowed(
    running: Running,
) -> None:
    def slots(*calls: tuple[str, object]) -> list[int]:
        taken = []
        for method, params in calls:
            before = running.time.seconds
            app.ask(method, params)
            taken.append(round((running.time.seconds - before) / SLOT_SECONDS))
        return taken

    film = {"entityId": "t:1"}
    tellings: tuple[tuple[str, object], ...] = (
        ("Discovery.watched", film),
        ("Discovery.watchedV2", [film, film]),
        ("Discovery.watched", [{"entityId": f"t:{n}"} for n in range(VIEWINGS_A_SLOT)]),
        ("Metrics.mediaProgress", film | {"progress": 0.5}),
        ("Metrics.mediaPause", film),
        ("Metrics.mediaEnded", film),
        ("Discovery.policy", None),
    )
    with running.line() as manager, running.websocket() as app:
        forbidden = slots(*tellings)
        assert manager.result("Discovery.policy")
        assert forbidden == [1, 1, 2, 1, 1, 1, 1]
        manager.result("EdgeAgent.grant", {"purpose": "history"})
        stored = slots(*tellings)
        manager.result("EdgeAgent.startPrivateSession")
        private = slots(*tellings)
        manager.result("EdgeAgent.stopPrivateSession")
        manager.result("EdgeAgent.createProfile", {"name": "Kim", "kind": "kid"})
        manager.result("EdgeAgent.switchProfile", {"name": "Kim"})
        assert slots(*tellings) == private == stored == forbidden
        before = running.time.seconds
        manager.result("EdgeAgent.status")
        assert running.time.seconds == before  # it may know
