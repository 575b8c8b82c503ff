from __future__ import annotations

import stat
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from edgeagent.consent import Purpose
from edgeagent.errors import InputError, MalformedMessage
from edgeagent.messages import Picks, WatchEvent, canonical_bytes
from edgeagent.privacy.accounting import Debit
from edgeagent.services.upkeep.export_format import (
    EXPORT_CAP_BYTES,
    BoxExport,
    ExportedEntry,
    decode_export,
    generated_schema,
    published_schema,
)
from edgeagent.services.upkeep.portability import read_export
from edgeagent.testing.box import Box as PlainBox
from tests.services.conftest import Box

MakeBox = Callable[..., Box]


def fill(box: Box) -> None:
    """Two adults with viewings of all kinds, a kid, marks, picks, a report and a shorter time."""
    agent, now = box.agent, box.clock.now()
    agent.household.create("anna", kind="adult")
    agent.household.create("kim", kind="kid")
    box.grant(Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING)
    box.grant(Purpose.HISTORY, profile="anna")
    agent.record_watch(
        [
            WatchEvent(entity_id="t:1", watched_on=now - 10, progress_fraction=1 / 3),
            WatchEvent(entity_id="t:2", watched_on=now - 9, progress_seconds=77),
            WatchEvent(entity_id="Größe 3 ✓", watched_on=now - 9, completed=True),
            *(
                WatchEvent(entity_id=f"a:{n}", watched_on=now - n, profile="anna")
                for n in range(2345)
            ),
        ]
    )
    agent.title_marks.hide("t:9", profile="main")
    box.clock.advance(5)
    agent.title_marks.exclude("t:1", profile="main")
    agent.title_marks.hide("k:1", profile="kim")
    picks = Picks(picks=(), segment_probabilities=(0.25, 0.75), score_spread=1 / 7)
    grant = agent.gate.grant(Purpose.PERSONALIZATION, profile="main")
    agent._home.history.save_picks(picks, grant, made_at=now)
    agent.retention.choose(60)
    ledger = agent._home.ledger
    PlainBox(box.directory).book(ledger, ledger.genesis.first_reportable_week)
    ledger.mark_missed(ledger.genesis.first_reportable_week + 13, reason="off", at=now)


def test_the_published_schema_is_the_one_of_the_types() -> None:
    assert published_schema() == generated_schema()
    fields = msgspec.json.decode(published_schema())["$defs"]["BoxExport"]["properties"]
    assert set(fields) == {field.name for field in msgspec.structs.fields(BoxExport)}


def test_an_export_holds_everything(box: Box, tmp_path: Path) -> None:
    fill(box)
    path = tmp_path / "export.json"
    told: list[tuple[int, int]] = []
    size = box.agent.portability.export_to(path, progress=lambda *far: told.append(far))
    assert path.stat().st_size == size
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert told == [(1000, 2348), (2000, 2348), (2348, 2348)]
    export = read_export(path)
    by_name = {profile.name: profile for profile in export.profiles}
    assert {name: profile.kind for name, profile in by_name.items()} == {
        "main": "adult",
        "anna": "adult",
        "kim": "kid",
    }
    assert len(by_name["anna"].viewings) == 2345
    assert by_name["kim"].viewings == ()
    assert [(m.entity_id, m.mark) for m in by_name["main"].marks] == [
        ("t:1", "not_reason"),
        ("t:9", "hidden"),
    ]
    picks = by_name["main"].last_picks
    assert picks is not None
    assert picks.picks.segment_probabilities == (0.25, 0.75)
    assert export.consents == box.agent._home.ledger.consents()
    assert [entry.entry for entry in export.ledger] == ["drawn", "missed"]
    (disclosure,) = box.agent.disclosures()
    (report,) = export.reports
    assert report.body.encode() == disclosure.body
    assert len(report.body) == 512
    assert report.week == export.ledger[0].week
    assert export.retention_days == 60


def test_a_file_that_exists_is_left_alone(box: Box, tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text("mine")
    with pytest.raises(InputError, match="nothing was written"):
        box.agent.portability.export_to(path)
    assert path.read_text() == "mine"
    with pytest.raises(InputError, match="not a directory"):
        box.agent.portability.export_to(tmp_path / "nowhere" / "export")
    path.unlink()

    def made_meanwhile(_done: int, _total: int) -> None:
        path.write_text("mine")

    box.grant(Purpose.HISTORY)
    box.watch()
    with pytest.raises(InputError, match="nothing was written"):
        box.agent.portability.export_to(path, progress=made_meanwhile)
    assert path.read_text() == "mine"


def test_the_round_trip_loses_nothing(make_box: MakeBox) -> None:
    old, new = make_box("old"), make_box("new", seed="new")
    fill(old)
    export = old.agent.portability.export()
    first = new.agent.portability.import_(export)
    assert (first.profiles_created, first.viewings) == (2, 0)
    assert first.waiting_profiles == ("main", "anna")
    assert first.viewings_waiting == 2348
    for profile in first.waiting_profiles:
        new.grant(Purpose.HISTORY, profile=profile)
    told: list[tuple[int, int]] = []
    second = new.agent.portability.import_(export, progress=lambda *far: told.append(far))
    assert (second.profiles_created, second.viewings, second.viewings_waiting) == (0, 2348, 0)
    assert told[-1] == (2348, 2348)
    again = new.agent.portability.export()
    assert [without_source(profile) for profile in again.profiles] == [
        without_source(profile) for profile in export.profiles
    ]
    assert again.retention_days == 60
    assert {v.source for p in again.profiles for v in p.viewings} == {"imported"}
    third = new.agent.portability.import_(export)
    assert (third.profiles_created, third.debits_added) == (0, 0)
    repeated = new.agent.portability.export()
    assert repeated.profiles == again.profiles


def without_source(profile: object) -> dict[str, object]:
    plain = msgspec.to_builtins(profile)
    viewings = [
        {name: value for name, value in viewing.items() if name != "source"}
        for viewing in plain["viewings"]
    ]
    return {**plain, "viewings": viewings, "last_picks": None}


def test_consents_in_a_file_are_shown_never_in_force(make_box: MakeBox) -> None:
    old, new = make_box("old"), make_box("new")
    fill(old)
    old.agent.withdraw(Purpose.REPORTING)
    done = new.agent.portability.import_(old.agent.portability.export())
    assert new.agent._home.ledger.consents() == ()
    assert not any(
        new.agent.gate.holds(purpose, profile=profile)
        for purpose in Purpose
        for profile in ("main", "anna")
    )
    shown = {(r.profile, r.purpose): r.event for r in done.consents_shown}
    assert shown["main", Purpose.REPORTING] == "withdrawn"
    assert shown["anna", Purpose.HISTORY] == "given"


def test_an_export_names_the_consents_of_a_renamed_profile_after_it(make_box: MakeBox) -> None:
    old, new = make_box("old"), make_box("new")
    fill(old)
    old.agent.household.rename("anna", "bea")
    export = old.agent.portability.export()
    assert {record.profile for record in export.consents} == {"main", "bea"}
    done = new.agent.portability.import_(export)
    shown = {(r.profile, r.purpose): r.event for r in done.consents_shown}
    assert shown["bea", Purpose.HISTORY] == "given"
    assert not new.agent.gate.holds(Purpose.HISTORY, profile="bea")


def test_an_imported_profile_inherits_no_consent_of_its_name(make_box: MakeBox) -> None:
    old, new = make_box("old"), make_box("new")
    fill(old)
    new.agent.household.create("anna", kind="adult")
    new.grant(Purpose.HISTORY, profile="anna")
    new.agent._home.history.remove_profile("anna")  # as when the history was damaged
    done = new.agent.portability.import_(old.agent.portability.export())
    assert "anna" in done.waiting_profiles
    assert not new.agent.gate.holds(Purpose.HISTORY, profile="anna")


def test_imported_viewings_never_enter_a_report(make_box: MakeBox) -> None:
    old, new = make_box("old"), make_box("new")
    fill(old)
    export = old.agent.portability.export()
    new.agent.portability.import_(export)
    new.grant(Purpose.HISTORY)
    new.agent.portability.import_(export)
    history = new.agent._home.history
    assert history.count("main") == 3
    assert history.between("main", 0, 2**40) == ()


def test_imported_debits_count_against_budget_and_spacing(box: Box) -> None:
    box.install()
    box.grant(Purpose.HISTORY, Purpose.REPORTING)
    week = box.go_to_end_of_reporting_week()
    entry = ExportedEntry(
        week=week - 12,
        entry="drawn",
        odds_numerator=3,
        odds_denominator=1,
        entered_at=0,
        reason="",
    )
    given = BoxExport(
        exported_at=0,
        active_profile="main",
        retention_days=None,
        profiles=(),
        consents=(),
        ledger=(entry,),
        reports=(),
    )
    ledger = box.agent._home.ledger
    for added in (1, 0):
        assert box.agent.portability.import_(given).debits_added == added
        assert ledger.debits() == (Debit(week=week - 12, odds=Fraction(3)),)
    closing = box.agent.close_week()
    assert closing.outcome == "silent"
    assert "less than 13 weeks" in closing.reason
    assert ledger.disclosures() == ()
    assert box.agent.portability.export().ledger[0].entry == "imported"
    # One that is far enough away does not stand in the way.
    box.go_to_end_of_reporting_week(cycle=1)
    assert box.agent.close_week().outcome == "drawn"


@pytest.mark.parametrize(
    "changes",
    [
        {"odds_numerator": 1, "odds_denominator": 1},
        {"odds_numerator": 4, "odds_denominator": 1},
        {"odds_numerator": None},
        {"odds_denominator": None},
    ],
)
def test_a_debit_that_no_ledger_books_changes_nothing(
    make_box: MakeBox, changes: dict[str, object]
) -> None:
    old, new = make_box("old"), make_box("new")
    fill(old)
    export = old.agent.portability.export()
    forged = msgspec.structs.replace(export.ledger[0], **changes)
    with pytest.raises(MalformedMessage, match="a cost that no ledger books"):
        new.agent.portability.import_(msgspec.structs.replace(export, ledger=(forged,)))
    assert new.agent._home.ledger.debits() == ()
    assert len(new.agent.household.profiles()) == 1


def test_a_profile_of_another_kind_changes_nothing(make_box: MakeBox) -> None:
    old, new = make_box("old"), make_box("new")
    fill(old)
    new.agent.household.create("kim", kind="adult")
    with pytest.raises(InputError, match="'kim' is kid in the file and adult here"):
        new.agent.portability.import_(old.agent.portability.export())
    assert len(new.agent.household.profiles()) == 2
    assert new.agent._home.ledger.debits() == ()


def test_retention_is_never_lengthened(make_box: MakeBox) -> None:
    old, new = make_box("old"), make_box("new")
    old.agent.retention.choose(60)
    new.agent.retention.choose(20)
    new.agent.portability.import_(old.agent.portability.export())
    assert new.agent.retention.kept().days == 20
    old.agent.portability.import_(new.agent.portability.export())
    assert old.agent.retention.kept().days == 20


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda data: data[:-5], "BoxExport"),
        (lambda data: data.replace(b'"format"', b'"formal"'), "formal"),
        (lambda data: data.replace(b"export 1", b"export 2"), "format"),
        (lambda data: data.replace(b'"kind":"adult"', b'"kind":"cat"', 1), "kind"),
        (lambda _: b"", "BoxExport"),
    ],
)
def test_what_is_no_export_is_refused(
    box: Box, tmp_path: Path, change: Callable[[bytes], bytes], match: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(change(canonical_bytes(box.agent.portability.export())))
    with pytest.raises(MalformedMessage, match=match):
        read_export(path)


def test_a_file_that_is_absent_or_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_export(tmp_path / "nothing")
    with pytest.raises(InputError, match="directory"):
        read_export(tmp_path)
    path = tmp_path / "long"
    with path.open("wb") as file:
        file.truncate(EXPORT_CAP_BYTES + 1)  # sparse
    with pytest.raises(InputError, match=f"more than {EXPORT_CAP_BYTES} bytes"):
        read_export(path)


def test_decoding_is_the_inverse_of_encoding(box: Box) -> None:
    fill(box)
    export = box.agent.portability.export()
    assert decode_export(canonical_bytes(export)) == export
