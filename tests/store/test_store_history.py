from __future__ import annotations

import msgspec
import pytest

from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, InputError, MalformedMessage, StorageError
from edgeagent.messages import Pick, Picks, Viewing, WatchEvent
from edgeagent.store import HistoryStore, Profile
from edgeagent.testing.box import NOW, Box


@pytest.fixture
def history(box: Box) -> HistoryStore:
    return box.open().history


def _picks(*entity_ids: str) -> Picks:
    return Picks(
        picks=tuple(
            Pick(
                entity_id=entity_id,
                title=entity_id,
                kind="film",
                year=1999,
                genres=("Drama",),
                score=1.5,
                reasons=(),
            )
            for entity_id in entity_ids
        ),
        segment_probabilities=(0.25, 0.75),
        score_spread=2.0,
    )


def _ids(viewings: tuple[Viewing, ...]) -> list[str]:
    return [viewing.entity_id for viewing in viewings]


def test_what_was_acknowledged_is_there_after_reopening(box: Box) -> None:
    event = box.event("film", fraction=0.25, completed=True)
    box.open().history.add([event, box.event("other", seconds=60)], box.grant())
    box.close()
    assert box.open().history.window("main") == (
        Viewing(entity_id="film", watched_on=NOW, progress_fraction=0.25, completed=True),
        Viewing(entity_id="other", watched_on=NOW, progress_seconds=60),
    )


def test_the_same_event_again_keeps_the_larger_progress(box: Box, history: HistoryStore) -> None:
    for fraction, seconds, completed in (
        (0.5, None, False),
        (0.3, None, False),
        (None, 900, True),
        (None, 600, False),
        (None, None, False),
        (0.7, None, False),
    ):
        event = box.event("film", fraction=fraction, seconds=seconds, completed=completed)
        history.add([event], box.grant())
    assert history.window("main") == (
        Viewing(
            entity_id="film",
            watched_on=NOW,
            progress_fraction=0.7,
            progress_seconds=900,
            completed=True,
        ),
    )


def test_a_batch_is_stored_whole_or_not_at_all(box: Box, history: HistoryStore) -> None:
    bad = WatchEvent(entity_id="bad", watched_on=NOW, completed=7)  # type: ignore[arg-type]
    with pytest.raises(StorageError, match="CHECK"):
        history.add([box.event("good"), bad], box.grant())
    assert history.count("main") == 0


@pytest.mark.parametrize("purpose", [Purpose.PERSONALIZATION, Purpose.REPORTING, Purpose.PROMOTION])
def test_a_grant_for_another_purpose_stores_nothing(
    box: Box, history: HistoryStore, purpose: Purpose
) -> None:
    with pytest.raises(ConsentRequired, match="does not cover history") as caught:
        history.add([box.event("film")], box.grant(purpose))
    assert "consent grant history" in caught.value.hint
    assert history.count("main") == 0


def test_a_grant_of_another_profile_stores_nothing(box: Box, history: HistoryStore) -> None:
    history.create_profile("ada", kind="adult", at=NOW)
    with pytest.raises(ConsentRequired, match="does not cover"):
        history.add([box.event("film", profile="ada")], box.grant())
    assert history.count("ada") == 0


def test_nothing_of_children_is_stored(box: Box, history: HistoryStore) -> None:
    history.create_profile("kid", kind="kid", at=NOW)
    child = WatchEvent(entity_id="cartoon", watched_on=NOW, age_policy="app:child")
    with pytest.raises(ConsentRequired, match="does not cover"):
        history.add([box.event("film"), child], box.grant())
    with pytest.raises(ConsentRequired, match="kid's profile"):
        history.add([box.event("film", profile="kid")], box.grant(profile="kid"))
    assert history.count("main") == history.count("kid") == 0


def test_the_window_is_the_latest_oldest_first(box: Box, history: HistoryStore) -> None:
    history.add([box.event(f"e{n}", NOW + n) for n in (3, 1, 4, 2, 0)], box.grant())
    assert _ids(history.window("main", limit=3)) == ["e2", "e3", "e4"]
    assert _ids(history.window("main", since=NOW + 3)) == ["e3", "e4"]
    assert history.window("nobody") == ()


def test_imported_events_are_picked_from_but_not_reported(box: Box, history: HistoryStore) -> None:
    history.add([box.event("old", NOW)], box.grant(), source="imported")
    history.add([box.event("new", NOW + 1)], box.grant())
    assert _ids(history.between("main", NOW, NOW + 9)) == ["new"]
    assert _ids(history.between("main", NOW, NOW + 9, include_imported=True)) == ["old", "new"]
    assert _ids(history.window("main")) == ["old", "new"]


def test_an_import_never_unmakes_a_watched_event(box: Box, history: HistoryStore) -> None:
    for source in ("imported", "watched", "imported"):
        history.add([box.event("film")], box.grant(), source=source)
    assert _ids(history.between("main", NOW, NOW + 1)) == ["film"]


def test_between_holds_its_start_and_not_its_end(box: Box, history: HistoryStore) -> None:
    history.add([box.event(f"e{n}", NOW + n) for n in range(4)], box.grant())
    assert _ids(history.between("main", NOW + 1, NOW + 3)) == ["e1", "e2"]


def test_pages_hold_every_viewing_once_newest_first(box: Box, history: HistoryStore) -> None:
    events = [box.event(f"e{n:02}", NOW + n // 3) for n in range(20)]  # ties in time
    history.add(events, box.grant())
    seen: list[str] = []
    page = history.page("main", limit=6)
    while page:
        seen += _ids(page)
        page = history.page("main", limit=6, before=page[-1])
    assert seen == sorted((event.entity_id for event in events), reverse=True)
    assert _ids(history.page("main", entity_id="e07")) == ["e07"]


def test_forget_removes_a_title_and_what_may_cite_it(box: Box, history: HistoryStore) -> None:
    history.create_profile("ada", kind="adult", at=NOW)
    history.add([box.event("film", NOW + n) for n in range(3)] + [box.event("b")], box.grant())
    history.add([box.event("film", profile="ada")], box.grant(profile="ada"))
    history.save_picks(_picks("x"), box.grant(Purpose.PERSONALIZATION), made_at=NOW)
    history.set_mark("main", "film", "not_reason", at=NOW)
    history.set_mark("main", "film", "hidden", at=NOW)
    assert history.forget("main", "film") == 3
    assert _ids(history.window("main")) == ["b"]
    assert history.count("ada") == 1
    assert history.last_picks("main") is None
    assert history.marks("main").not_reasons == ()
    assert history.marks("main").hidden == ("film",)
    assert history.forget("main", "film") == 0


def test_purge_removes_everything_of_one_profile_only(box: Box, history: HistoryStore) -> None:
    history.create_profile("ada", kind="adult", at=NOW)
    for profile in ("main", "ada"):
        history.add([box.event("film", profile=profile)], box.grant(profile=profile))
        history.set_mark(profile, "film", "hidden", at=NOW)
        grant = box.grant(Purpose.PERSONALIZATION, profile)
        history.save_picks(_picks("x"), grant, made_at=NOW)
    assert history.purge("main") == 1
    assert history.count("main") == 0
    assert history.last_picks("main") is None
    assert history.marks("main").hidden == ()
    assert history.count("ada") == 1
    assert history.last_picks("ada") is not None
    assert history.marks("ada").hidden == ("film",)


def test_purging_an_empty_profile_writes_nothing(box: Box, history: HistoryStore) -> None:
    history.purge("main")
    before = box.files()
    assert history.purge("main") == 0
    after = box.files()
    assert {name for name in after if after[name] != before[name]} <= {"history.db-shm"}  # memory


def test_deleting_says_when_another_process_keeps_old_pages(
    box: Box, history: HistoryStore
) -> None:
    history.add([box.event("film")], box.grant())
    history._database.read("PRAGMA busy_timeout = 0")
    reader = box.open().history._database
    with reader.snapshot():
        assert reader.read("SELECT count(*) FROM events") == [(1,)]
        with pytest.raises(StorageError, match="still reads old pages"):
            history.purge("main")
    assert history.purge("main") == 0
    assert box.files()["history.db-wal"] == b""


def test_prune_removes_what_is_older_in_batches(box: Box, history: HistoryStore) -> None:
    history.create_profile("ada", kind="adult", at=NOW)
    history.add([box.event(f"e{n}", n) for n in range(1201)], box.grant())
    history.add([box.event("late", 2000, profile="ada")], box.grant(profile="ada"))
    for profile in ("main", "ada"):
        grant = box.grant(Purpose.PERSONALIZATION, profile)
        history.save_picks(_picks("x"), grant, made_at=NOW)
    assert history.prune(1200) == 1200
    assert _ids(history.window("main")) == ["e1200"]
    assert history.last_picks("main") is None
    assert history.last_picks("ada") is not None
    assert history.prune(1200) == 0


def test_the_file_shrinks_when_much_is_deleted(box: Box, history: HistoryStore) -> None:
    history.add([box.event(f"e{n}", n) for n in range(5000)], box.grant())
    history._database.checkpoint()
    before = len(box.files()["history.db"])
    history.purge("main")
    assert len(box.files()["history.db"]) < before / 3  # empty tables have 64 KiB


def test_picks_are_kept_under_a_grant_and_replaced(box: Box, history: HistoryStore) -> None:
    assert history.last_picks("main") is None
    with pytest.raises(ConsentRequired, match="does not cover personalization"):
        history.save_picks(_picks("a"), box.grant(Purpose.HISTORY), made_at=NOW)
    for made_at, entity_id in ((NOW, "a"), (NOW + 1, "b")):
        grant = box.grant(Purpose.PERSONALIZATION)
        history.save_picks(_picks(entity_id), grant, made_at=made_at)
    saved = history.last_picks("main")
    assert saved is not None
    assert (saved.made_at, saved.picks) == (NOW + 1, _picks("b"))
    history.drop_picks("main")
    assert history.last_picks("main") is None


def test_broken_picks_are_malformed_not_shown(box: Box, history: HistoryStore) -> None:
    history.save_picks(_picks("a"), box.grant(Purpose.PERSONALIZATION), made_at=NOW)
    with history._database.transaction() as connection:
        connection.execute("UPDATE last_picks SET body = ?", (b"{}",))
    with pytest.raises(MalformedMessage):
        history.last_picks("main")


def test_profiles_are_created_listed_and_removed_with_everything(
    box: Box, history: HistoryStore
) -> None:
    assert history.profiles() == (Profile(name="main", kind="adult", created_at=0),)
    history.create_profile("ada", kind="teen", at=NOW)
    assert history.profile_kind("ada") == "teen"
    history.add([box.event("film", profile="ada")], box.grant(profile="ada"))
    with pytest.raises(InputError, match="cannot be created"):
        history.create_profile("ada", kind="adult", at=NOW)
    with pytest.raises(InputError, match="cannot be created"):
        history.create_profile("bob", kind="ghost", at=NOW)  # type: ignore[arg-type]
    history.remove_profile("ada")
    assert [profile.name for profile in history.profiles()] == ["main"]
    assert history.count("ada") == 0
    with pytest.raises(InputError, match="no profile 'ada'"):
        history.profile_kind("ada")
    with pytest.raises(InputError, match="cannot be removed"):
        history.remove_profile("main")


def test_profiles_of_the_same_second_are_listed_as_they_were_made(history: HistoryStore) -> None:
    for name in ("zoe", "ada", "mia"):
        history.create_profile(name, kind="adult", at=NOW)
    history.create_profile("eve", kind="kid", at=NOW - 1)
    assert [one.name for one in history.profiles()] == ["main", "eve", "zoe", "ada", "mia"]
    history.rename_profile("zoe", "bea")
    history.remove_profile("ada")
    history.create_profile("ada", kind="adult", at=NOW)
    assert [one.name for one in history.profiles()] == ["main", "eve", "bea", "mia", "ada"]


def test_an_unknown_profile_stores_nothing(box: Box, history: HistoryStore) -> None:
    with pytest.raises(InputError, match="no profile 'ghost'"):
        history.add([box.event("film", profile="ghost")], box.grant(profile="ghost"))
    with pytest.raises(InputError, match="no profile 'ghost'"):
        history.save_picks(_picks("a"), box.grant(Purpose.PERSONALIZATION, "ghost"), made_at=NOW)
    with pytest.raises(InputError, match="no profile 'ghost'"):
        history.set_mark("ghost", "film", "hidden", at=NOW)


def test_marks_are_set_once_listed_and_taken_back(history: HistoryStore) -> None:
    for entity_id in ("b", "a", "a"):
        history.set_mark("main", entity_id, "hidden", at=NOW)
    history.set_mark("main", "a", "not_reason", at=NOW)
    assert history.marks("main").hidden == ("a", "b")
    assert history.marks("main").not_reasons == ("a",)
    assert history.clear_mark("main", "a", "hidden")
    assert not history.clear_mark("main", "a", "hidden")
    assert history.marks("main").hidden == ("b",)
    assert history.marks("main").not_reasons == ("a",)


def test_there_is_one_order_and_no_second_index_but_for_teens(history: HistoryStore) -> None:
    indexes = history._database.read("SELECT sql FROM sqlite_schema WHERE type = 'index'")
    (sql,) = [sql for (sql,) in indexes if sql is not None and "events" in sql]
    assert sql.endswith("WHERE teen = 1")


def test_what_an_app_called_a_teens_is_left_out_and_deleted_on_request(
    box: Box, history: HistoryStore
) -> None:
    adult, teen = box.event("adult"), box.event("teen")
    teen = msgspec.structs.replace(teen, age_policy="app:teen")
    history.add([adult, teen], box.grant())
    assert _ids(history.window("main")) == ["adult", "teen"]
    assert _ids(history.window("main", teens=False)) == ["adult"]
    assert _ids(history.between("main", NOW, NOW + 1, teens=False)) == ["adult"]
    assert [kept.teen for kept in history.kept("main")] == [False, True]
    history.save_picks(_picks("x"), box.grant(Purpose.PERSONALIZATION), made_at=NOW)
    assert history.purge_teens() == 1
    assert history.last_picks("main") is None
    assert history.purge_teens() == 0
    assert _ids(history.window("main")) == ["adult"]
    plan = history._database.read(
        "EXPLAIN QUERY PLAN SELECT * FROM events WHERE profile = 'main' AND watched_on >= 0 "
        "ORDER BY watched_on DESC, entity_id DESC LIMIT 5"
    )
    assert [row[3] for row in plan] == [
        "SEARCH events USING PRIMARY KEY (profile=? AND watched_on>?)"
    ]
