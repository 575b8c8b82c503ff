"""Portraits and appeals of a small panel, and the files that planners get."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edgeagent.errors import InputError
from edgeagent.messages.portrait import decode_portrait
from model_export.cli import main
from model_export.heads.model_file import save_model
from model_export.heads.trained_model import TrainedModel
from model_export.loaders import load_log
from model_export.log import WatchLog
from model_export.segments.appeal import (
    AssignedSessions,
    assign_sessions,
    fit_appeal,
    later_error,
)
from model_export.segments.portraits import panel_portrait, share_errors
from model_export.synthetic import synthetic_panel


@pytest.fixture(scope="module")
def assigned(model: TrainedModel, panel: WatchLog) -> AssignedSessions:
    return assign_sessions(model, panel, seed=1)


def test_a_titles_appeal_adds_up_to_how_often_it_is_watched(
    model: TrainedModel, assigned: AssignedSessions
) -> None:
    appeal = fit_appeal(model, assigned)
    assert appeal.expected(assigned.shares) == pytest.approx(appeal.rates, rel=1e-9)
    held = assigned.holding(len(model.titles)).sum(axis=0)
    assert appeal.watched.tolist() == held.tolist()
    watched = held > 0
    assert appeal.rates[watched] == pytest.approx(held[watched] / len(assigned.segments))
    assert set(appeal.rates[~watched]) <= {np.median(appeal.rates[watched])}


def test_nearness_tells_where_a_title_is_watched(
    model: TrainedModel, assigned: AssignedSessions
) -> None:
    appeal, held = fit_appeal(model, assigned), assigned.holding(len(model.titles))
    often = np.argsort(-held.sum(axis=0))[:60]
    here = held[:, often] / np.bincount(assigned.segments, minlength=16)[:, np.newaxis]
    seen = here / appeal.rates[often]
    assert 1.0 < appeal.sharpness < 40.0
    assert np.corrcoef(seen.ravel(), appeal.lifts[:, often].ravel())[0, 1] > 0.7


def test_the_error_on_later_sessions_is_below_that_of_no_model_that_is_wrong(
    model: TrainedModel, assigned: AssignedSessions
) -> None:
    error = later_error(model, assigned)
    assert 0.0 < error < 1.0
    # Titles that change places between then and later make it larger.
    rows = assigned.sessions.rows
    late = assigned.sessions.ended_on >= np.quantile(assigned.sessions.ended_on, 0.8)
    moved = tuple(
        replace(row, items=(row.items + 100) % len(model.titles)) if is_late else row
        for row, is_late in zip(rows, late, strict=True)
    )
    sessions = replace(assigned.sessions, rows=moved)
    assert later_error(model, replace(assigned, sessions=sessions)) > 2 * error


def test_the_error_of_a_share_counts_people_not_sessions(assigned: AssignedSessions) -> None:
    errors = share_errors(assigned)
    shares, number = assigned.shares, len(assigned.segments)
    assert (errors > 0).all()
    # A panel whose sessions each belong to a person of their own has the binomial error.
    alone = replace(assigned, sessions=replace(assigned.sessions, users=np.arange(number)))
    assert share_errors(alone) == pytest.approx(np.sqrt(shares * (1 - shares) / number), rel=1e-9)
    assert np.median(errors / share_errors(alone)) > 1.05


def test_a_portrait_says_what_stands_out(
    model: TrainedModel, panel: WatchLog, assigned: AssignedSessions
) -> None:
    portrait = panel_portrait(model, panel, assigned)
    assert portrait.people <= panel.user_count
    assert sum(one.share for one in portrait.segments) == pytest.approx(1.0)
    for number, one in enumerate(portrait.segments):
        assert one.name == model.labels[number].name
        assert all(genre.lift >= 1.3 for genre in one.genres)
        assert sum(one.homes) == pytest.approx(1.0, abs=1e-6)
    own = [one.homes[number] for number, one in enumerate(portrait.segments)]
    assert np.mean(own) > 5 / 16


def test_viewings_of_other_titles_than_the_models_are_refused(model: TrainedModel) -> None:
    other = synthetic_panel(6, households=5, weeks=4, titles=40)
    with pytest.raises(InputError, match="over other titles than the model"):
        assign_sessions(model, other, seed=1)


def test_a_log_of_nothing_that_the_model_can_place_is_refused(
    model: TrainedModel, panel: WatchLog
) -> None:
    nothing = replace(model.table, rows=np.zeros_like(model.table.rows))
    with pytest.raises(InputError, match="no session that the model can place"):
        assign_sessions(replace(model, table=nothing), panel, seed=1)


def test_the_command_writes_both_files_for_who_plans(
    model: TrainedModel, panel: WatchLog, tmp_path: Path
) -> None:
    log, items = tmp_path / "log.csv", tmp_path / "items.csv"
    items.write_text(items_of(model))
    log.write_text(rows_of(panel))
    out, table = tmp_path / "p.json", tmp_path / "c.csv"
    words = ["portray", str(tmp_path / "m.npz"), "--ratings", str(log), "--catalogue", str(items)]
    words += ["--out", str(out), "--candidates", str(table), "--most", "20"]
    save_model(model, tmp_path / "m.npz")
    refused = CliRunner().invoke(main, words)
    # A catalogue in CSV says less than the invented one: these are other titles.
    assert refused.exit_code == 3
    assert "over other titles than the model" in refused.output
    assert not out.exists()
    save_model(replace(model, titles=load_log(log, items).titles), tmp_path / "m.npz")
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "20 candidates" in done.output
    portrait = decode_portrait(out.read_bytes())
    rows = list(csv.DictReader(StringIO(table.read_text("utf-8"))))
    assert len(rows) == 20
    assert {row["space_id"] for row in rows} == {portrait.space_id}
    sessions = [int(row["sessions"]) for row in rows]
    assert sessions == sorted(sessions, reverse=True)
    assert all(0 <= float(row[f"appeal_{n}"]) <= 1 for row in rows for n in range(16))
    as_json = CliRunner().invoke(main, [*words, "--json"])
    assert json.loads(as_json.stdout)["titles"] == 20


def items_of(model: TrainedModel) -> str:
    rows = "".join(f"{t.entity_id},Title {n}\n" for n, t in enumerate(model.titles))
    return "item,title\n" + rows


def rows_of(panel: WatchLog) -> str:
    rows = zip(panel.users, panel.items, panel.watched_on, strict=True)
    lines = (f"{user},{panel.titles[item].entity_id},{then}\n" for user, item, then in rows)
    return "user,item,timestamp\n" + "".join(lines)
