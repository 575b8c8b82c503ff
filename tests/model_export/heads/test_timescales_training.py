"""Head B as trained: it learns order, computes what it trained, and is the same for a seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.evaluation.ranking import evaluate_ranking
from model_export.evaluation.splits import last_split
from model_export.heads.cold_start import with_cold_rows
from model_export.heads.fit import fit_head
from model_export.heads.model_file import load_model, save_model
from model_export.heads.timescales import TimescalesEncoder, user_of
from model_export.heads.tuning import FitOrder
from model_export.log import WatchLog
from model_export.publishing.artefacts import export
from model_export.train import train

pytest.importorskip("torch", reason="needs PyTorch: pip install 'edgeagent[train]'")

import torch

from model_export.heads.timescales_batches import Batch
from model_export.heads.timescales_fit import TrainingOrder, fit_timescales
from model_export.heads.timescales_torch import Recipe, Trainer, why_no_cuda
from tests.model_export.heads.pretended_gpu import ElsewhereError, PretendedGpu

DAY = 86_400
SMALL = Recipe(dimension=8, hidden=8, learning_rate=0.01)
ONCE = TrainingOrder(recipe=SMALL, tail=1, seed=0, seeds=1)


def _silent(_what: str, _done: float) -> None:
    pass


def _circle(*, people: int = 60, length: int = 24, titles: int = 30) -> WatchLog:
    """Everybody watches the same circle of titles, each from another start; none watches all.

    The next title follows from the last one alone; which titles a person has watched tells nothing.
    """
    rng = np.random.default_rng(1)
    starts = rng.integers(0, titles, people)
    users, steps = np.divmod(np.arange(people * length), length)
    moments = (steps * 5 + rng.integers(0, 4, len(steps))) * DAY
    order = np.lexsort((users, moments))
    return WatchLog(
        titles=tuple(Title(entity_id=f"t:{n}", title=f"T{n}") for n in range(titles + 1)),
        users=users[order].astype(np.int64),
        items=((starts[users] + steps) % titles)[order].astype(np.int64),
        watched_on=moments[order].astype(np.int64),
        completion=np.ones(len(users), dtype=np.float32),
        user_count=people,
    )


@pytest.mark.deep
def test_it_learns_what_follows_what() -> None:
    split = last_split(_circle())
    fitted = fit_timescales(
        split.training,
        TrainingOrder(recipe=SMALL, tail=1, seed=1, seeds=2),
        progress=_silent,
    )
    assert fitted.validation is not None
    assert fitted.seed in {1, 2}
    embeddings = fitted.snapshot.embeddings
    assert not embeddings[-1].any()
    assert fitted.snapshot.bias.min() == 0
    order = FitOrder(dimension=8, seed=1, aim="next")
    head = fit_head(split.training, "timescales", order, seeds=1)
    assert evaluate_ranking(split, head.scorer()).hit_rate_at_10.mean() > 0.9


def test_training_computes_what_the_box_computes() -> None:
    log = _circle(people=3)
    plain = Recipe(dimension=8, hidden=8, forgotten_fraction=0.0, hidden_dropout=0.0)
    trainer = Trainer(log, plain, seed=3)
    list(trainer.round())
    # Three people leave hardly two directions: titles that differ, so that it matters which counts.
    trainer._live["embeddings"].data.normal_(generator=trainer._random)
    trainer._mean = {name: value.detach().clone() for name, value in trainer._live.items()}
    snapshot = trainer.snapshot()
    rows = np.flatnonzero(log.users == 1)
    batch = Batch(
        history=rows[np.newaxis, :20],
        there=np.ones((1, 20), dtype=np.bool_),
        last=np.array([[4, 19]]),
        target=np.array([[rows[5], rows[20]]]),
    )
    found = trainer._users(batch)[0].detach().numpy()
    for place, last in enumerate((4, 19)):
        own = rows[: last + 1]
        ages = (log.watched_on[own[-1]] - log.watched_on[own]) / DAY
        expected = user_of(
            snapshot.weights,
            snapshot.embeddings[log.items[own]].astype(np.float64),
            log.completion[own],
            ages,
        )
        assert found[place] == pytest.approx(expected, rel=1e-3, abs=1e-5)


@pytest.mark.deep
def test_one_seed_gives_one_model_and_another_another() -> None:
    log = _circle(people=20)
    first, again, other = (
        fit_head(log, "timescales", FitOrder(dimension=8, seed=seed), seeds=1).table.space_id
        for seed in (5, 5, 6)
    )
    assert first == again != other


@pytest.mark.parametrize("lengths", [(1, 2), (2,), (1, 1, 40)])
def test_tiny_logs_still_give_numbers(lengths: tuple[int, ...]) -> None:
    users = np.repeat(np.arange(len(lengths)), lengths).astype(np.int64)
    log = WatchLog(
        titles=tuple(Title(entity_id=f"t:{n}", title="T") for n in range(3)),
        users=users,
        items=np.arange(len(users), dtype=np.int64) % 2,
        watched_on=np.arange(len(users), dtype=np.int64) * DAY,
        completion=np.ones(len(users), dtype=np.float32),
        user_count=len(lengths),
    )
    fitted = fit_timescales(log, ONCE, progress=_silent)
    assert fitted.snapshot.weights.finite()
    assert np.isfinite(fitted.snapshot.embeddings).all()


def test_single_viewings_teach_nothing_and_say_so() -> None:
    log = _circle(people=5, length=1)
    with pytest.raises(InputError, match="nobody in the log watched two titles") as refusal:
        fit_timescales(log, ONCE, progress=_silent)
    assert "foldin" in (refusal.value.hint or "")


@pytest.mark.deep
def test_a_trained_model_goes_all_the_way(panel: WatchLog, tmp_path: Path) -> None:
    few = panel.select(panel.users < 40)
    model = train(few, seed=1, segments=16, dimension=8, head="timescales")
    assert model.head == "timescales"
    save_model(model, tmp_path / "b.npz")
    loaded = load_model(tmp_path / "b.npz")
    first, second = (export(each, each, now=1_780_000_000) for each in (model, loaded))
    assert first.model == second.model
    assert first.manifest.head == "timescales"


@pytest.mark.deep
def test_a_log_in_parts_teaches_what_the_whole_log_does() -> None:
    whole = _circle()
    parts = [whole.select(whole.users % 3 == n) for n in range(3)]
    order = TrainingOrder(recipe=SMALL, tail=1, seed=4, seeds=1, more=parts[1:])
    trainer = order.trainer(parts[0], seed=4)
    for _ in range(12):
        shares = list(trainer.round())
        assert shares[-1] == 1.0, "every viewing but the first of a person is a target"
    snapshot = trainer.snapshot()
    encoder = TimescalesEncoder(snapshot.embeddings, snapshot.weights)
    right = 0
    for user in range(60):
        rows = np.flatnonzero(whole.users == user)[:10]
        ages = (whole.watched_on[rows[-1]] - whole.watched_on[rows]) / DAY
        told = encoder.user(whole.items[rows], whole.completion[rows], ages)
        scores = snapshot.embeddings[:-1] @ told + snapshot.bias[:-1]
        scores[whole.items[rows]] = -np.inf
        right += int(scores.argmax() == (whole.items[rows[-1]] + 1) % 30)
    assert right > 45


def test_titles_that_only_later_parts_know_are_learnt_too() -> None:
    log = _circle(people=20)
    first, late = log.select(log.items < 20), log.select(log.users < 10)
    trainer = Trainer(first, SMALL, seed=1, more=[late])
    assert list(trainer.round())[-1] == 1.0, "all of it was learnt from"
    embeddings = trainer.snapshot().embeddings
    assert embeddings[:30].any(axis=1).all()
    assert not embeddings[30].any(), "nobody watched it"
    filled = with_cold_rows(first, embeddings, seed=0, more=[late])
    assert (filled[:30] == embeddings[:30]).all(), "what was learnt stays"


def test_what_meets_in_training_lies_on_one_device() -> None:
    log = _circle(people=20)
    found = {}
    for device in ("cpu", "cuda"):
        with PretendedGpu():
            trainer = Trainer(log, SMALL, seed=2, device=device)
            list(trainer.round())
            found[device] = trainer.snapshot()
    assert (found["cuda"].embeddings == found["cpu"].embeddings).all()
    assert (found["cuda"].weights.first == found["cpu"].weights.first).all()


@pytest.mark.parametrize(
    "meet",
    [
        lambda there: there + torch.ones(3),
        lambda there: torch.cat([torch.ones(3), there.exp()]),
        lambda there: there[torch.tensor([0, 1])],
        lambda there: there.bernoulli_(0.5, generator=torch.Generator()),
        lambda there: there.numpy(),
    ],
    ids=["sum", "list", "index", "generator", "numpy"],
)
def test_the_pretended_gpu_tells_what_lies_elsewhere(meet: Callable[[Any], object]) -> None:
    with PretendedGpu(), pytest.raises(ElsewhereError):
        meet(torch.ones(3).to("cuda"))


def test_a_gpu_computes_what_the_processor_computes() -> None:
    if why := why_no_cuda():
        pytest.skip(f"no GPU: {why}")
    log = _circle(people=20)
    found = {}
    for device in ("cpu", "cuda", "cuda again"):
        trainer = Trainer(log, SMALL, seed=2, device="cpu" if device == "cpu" else "cuda")
        list(trainer.round())
        found[device] = trainer.snapshot().embeddings
    assert found["cuda"] == pytest.approx(found["cpu"], abs=1e-3)
    assert (found["cuda"] == found["cuda again"]).all()
