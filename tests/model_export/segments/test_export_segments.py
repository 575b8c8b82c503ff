"""Sessions, clusters, names and what is nobody's business."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edgeagent.errors import InputError
from edgeagent.messages import SegmentLabel, Title, canonical_bytes
from edgeagent.messages.manifest import (
    BEFORE_1970,
    LABEL_TEXT_LETTERS,
    MANIFEST_CAP_BYTES,
    MOST_LIFTED_WORDS,
    LiftedWord,
)
from model_export.heads.foldin import FoldinSettings, FoldinSolver
from model_export.log import WatchLog
from model_export.metadata import Metadata
from model_export.segments import session_vectors as session_vectors_module
from model_export.segments.english_names import english_name, noun_first
from model_export.segments.kmeans import Clusters, _refined, spherical_kmeans, unit_rows
from model_export.segments.naming import NamedSegment, name_segments
from model_export.segments.session_vectors import SessionRows, sample_sessions, session_vectors
from model_export.segments.taxonomy import iab_categories, is_sensitive
from model_export.topics.tables import TOPICS


def _bundles(
    seed: int, *, count: int, each: int = 30
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return directions scattered around the unit vectors of a space."""
    rng = np.random.default_rng(seed)
    return np.repeat(np.eye(count), each, axis=0) + rng.normal(size=(count * each, count)) * 0.05


def test_clusters_are_found_whatever_the_lengths() -> None:
    vectors = _bundles(1, count=8) * np.random.default_rng(2).uniform(0.1, 9, (240, 1))
    clusters = spherical_kmeans(vectors, count=8, seed=0)
    groups = clusters.assigned.reshape(8, 30)
    assert (groups == groups[:, :1]).all()
    assert len(set(groups[:, 0].tolist())) == 8
    assert np.linalg.norm(clusters.centroids, axis=1) == pytest.approx(np.ones(8))
    assert clusters.cosine.min() > 0.9


def test_ids_go_by_size() -> None:
    vectors = np.concatenate(
        [_bundles(1, count=3, each=5), np.eye(3)[[2] * 20], np.eye(3)[[1] * 9]]
    )
    clusters = spherical_kmeans(vectors, count=3, seed=4)
    assert clusters.centroids.argmax(axis=1).tolist() == [2, 1, 0]


def test_an_empty_cluster_takes_the_vector_that_is_served_worst() -> None:
    vectors = np.array([[1.0, 0, 0]] * 5 + [[0, 1.0, 0]] * 5 + [[0.7, 0.1, 0.7]])
    initial = np.array([[1.0, 0, 0], [0, 1.0, 0], [-1.0, -1.0, -1.0]])
    clusters: Clusters = _refined(unit_rows(vectors), unit_rows(initial))
    assert clusters.assigned.tolist() == [0] * 5 + [1] * 5 + [2]


def test_too_few_different_vectors_are_refused() -> None:
    with pytest.raises(InputError, match="2 different sessions cannot make 3 segments") as refusal:
        spherical_kmeans(np.array([[1.0, 0]] * 9 + [[0, 1.0]]), count=3, seed=0)
    assert refusal.value.hint


@given(seed=st.integers(0, 10**6), count=st.integers(1, 6))
def test_every_vector_is_with_its_nearest_centroid(seed: int, count: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(40, 4))
    clusters = spherical_kmeans(vectors, count=count, seed=seed)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    likeness = unit @ clusters.centroids.T
    assert (likeness.argmax(axis=1) == clusters.assigned).all()
    assert likeness.max(axis=1) == pytest.approx(clusters.cosine)


HOUR = 3600
TITLES = tuple(Title(entity_id=f"t:{n}", title=f"T{n}", run_minutes=60) for n in range(9))


def _log(events: list[tuple[int, int, int, float]]) -> WatchLog:
    users, items, times, completion = zip(*events, strict=True)
    return WatchLog(
        titles=TITLES,
        users=np.array(users),
        items=np.array(items),
        watched_on=np.array(times),
        completion=np.array(completion, dtype=np.float32),
        user_count=max(users) + 1,
    )


def test_sessions_follow_the_rule_of_the_box() -> None:
    # An hour each: 1 h and 2 h merge, 5 h is two hours later; what was not watched is no session.
    events = [
        (0, 1, 1 * HOUR, 1.0),
        (0, 2, 2 * HOUR, 1.0),
        (0, 3, 5 * HOUR, 0.5),
        (0, 4, 9 * HOUR, 0.0),
    ]
    first, second = sample_sessions(_log(events), seed=0)
    assert first.items.tolist() == [1, 2]
    assert first.age_days.tolist() == [pytest.approx(1 / 24), 0.0]
    assert second.items.tolist() == [3]
    assert second.completion.tolist() == [0.5]


def test_long_sittings_are_cut_into_evenings() -> None:
    events = [(0, n, n * HOUR, 1.0) for n in range(9)]
    sessions = sample_sessions(_log(events), seed=0)
    assert [session.items.tolist() for session in sessions] == [[0, 1, 2, 3], [4, 5, 6, 7], [8]]
    assert all(session.age_days[-1] == 0 for session in sessions)


def test_a_session_is_encoded_on_its_own() -> None:
    embeddings = np.random.default_rng(0).normal(size=(9, 4))
    solver = FoldinSolver(
        embeddings, FoldinSettings(alpha=1, regularization=1, decay_days=10, floor=0)
    )
    one = _session(3)
    vectors = session_vectors((one, _session(5), one), solver)
    assert vectors.shape == (3, 4)
    assert (vectors[0] == vectors[2]).all()
    assert (vectors[0] != vectors[1]).any()


def _session(*items: int) -> SessionRows:
    return SessionRows(
        items=np.array(items), completion=np.ones(len(items)), age_days=np.zeros(len(items))
    )


NAMED = (
    Title(entity_id="a", title="Alpha", genres=("Sci-Fi", "Action"), year=1994),
    Title(entity_id="b", title="Beta (Bêta)", genres=("Sci-Fi",), year=1999),
    Title(entity_id="c", title="Gamma", genres=("Comedy",), year=2004),
    Title(entity_id="d", title="Delta", genres=("War", "Comedy"), year=1955),
    Title(entity_id="e", title="Serial: One", genres=("Comedy",), kind="episode", year=2004),
    Title(entity_id="f", title="Serial: Two", genres=("Comedy",), kind="episode", year=2004),
    Title(entity_id="g", title="Zeta"),
)
KNOWN = {"c": Metadata(keywords=("Sea",)), "d": Metadata(keywords=("Adult",))}


def _named(*segments: list[int], metadata: dict[str, Metadata]) -> tuple[NamedSegment, ...]:
    sessions = [_session(item) for items in segments for item in items]
    assigned = np.repeat(np.arange(len(segments)), [len(items) for items in segments])
    return name_segments(NAMED, sessions, assigned, count=len(segments), metadata=metadata)


def _labels(*segments: list[int], metadata: dict[str, Metadata] | None = None) -> list[str]:
    return [segment.label.name for segment in _named(*segments, metadata=metadata or {})]


def test_names_tell_genres_and_era() -> None:
    assert _labels([0, 1, 0], [2, 2, 4], [3]) == [
        "Science-fiction action films of the 1990s",
        "Comedies of the 2000s",
        "War comedies before 1970",
    ]


def test_a_series_is_called_one_and_a_theme_is_named_where_it_tells_apart() -> None:
    names = _labels([4, 5], [2, 2], [2, 2], [0, 0, 0, 0, 1, 1, 1, 1, 6, 6], metadata=KNOWN)
    assert names == [
        "Comedy series of the 2000s",
        "Comedies of the 2000s",
        "Comedies of the 2000s: sea",
        "Science-fiction action films of the 1990s",
    ]


def test_equal_names_are_told_apart_by_titles() -> None:
    names = _labels([2, 2], [2, 2], [0, 0, 1, 3, 3])
    assert names[0] == "Comedies of the 2000s"
    assert names[1] == "Comedies of the 2000s, like “Gamma”"


def test_segments_without_a_genre_are_named_after_titles() -> None:
    names = _labels([6, 6], [6, 6], [6], [0, 2, 3, 4])
    assert names[:3] == ["Films, like “Zeta”", "Films", "Films (2)"]
    assert len(set(names)) == 4


def test_every_name_is_distinct_even_where_nothing_tells_them_apart() -> None:
    names = _labels(*[[0, 2, 3]] * 9)
    assert len(set(names)) == 9
    assert all(1 <= len(name) <= 120 for name in names)


def test_no_name_is_longer_than_a_screen_can_show_and_numbers_stay() -> None:
    endless = tuple(
        Title(entity_id=str(n), title="T" * 300, genres=("G" * 90, "H" * 90), year=1950)
        for n in range(2)
    )
    sessions = [_session(0), _session(1)] * 6
    assigned = np.arange(12)
    known = {"0": Metadata(keywords=("K" * 300,))}
    named = name_segments(endless, sessions, assigned, count=12, metadata=known)
    names = {segment.label.name for segment in named}
    assert len(names) == 12
    assert max(map(len, names)) == 120
    assert any(name.endswith("… (2)") for name in names)
    written = [canonical_bytes(segment.label) for segment in named]
    assert all(msgspec.json.decode(label, type=SegmentLabel) for label in written)


def test_labels_that_fill_all_there_is_fit_into_a_manifest() -> None:
    def filled(letters: int) -> str:
        return "\N{EGYPTIAN HIEROGLYPH A001}" * letters

    widest = SegmentLabel(
        name=filled(120),
        sensitive=False,
        iab=("EZWB7V",) * 8,
        kind="series",
        genres=(filled(LABEL_TEXT_LETTERS),) * 2,
        era=BEFORE_1970,
        theme=filled(LABEL_TEXT_LETTERS),
        titles=(filled(LABEL_TEXT_LETTERS),) * 3,
        number=64,
    )
    lifted = LiftedWord(word=filled(LABEL_TEXT_LETTERS), topics=TOPICS)
    longest = 64 * len(canonical_bytes(widest)) + MOST_LIFTED_WORDS * len(canonical_bytes(lifted))
    assert longest < MANIFEST_CAP_BYTES - 2048


def test_a_segment_nobody_watches_has_a_name_too() -> None:
    assert _labels([0], []) == ["Films", "Films (2)"] or len(set(_labels([0], []))) == 2


def test_telling_titles_are_named_as_one_says_them() -> None:
    space, serial, _ = _named([0, 1, 1], [4, 5], [2, 3], metadata={})
    assert space.titles == ("Beta", "Alpha")
    assert serial.titles == ("Serial",)


def test_a_label_holds_as_fields_what_its_name_says_and_no_more() -> None:
    space, plain, sea, war = (
        segment.label for segment in _named([0, 1, 0], [2, 2], [2, 2], [3], metadata=KNOWN)
    )
    assert space.genres == ("Action", "Sci-Fi")
    assert (space.kind, space.era, space.titles) == ("films", 1990, ())
    assert (plain.theme, sea.theme, sea.era) == (None, "sea", 2000)
    assert war.era == "before 1970"
    nameless, films, again, _ = (
        segment.label for segment in _named([6, 6], [6, 6], [6], [0, 2, 3, 4], metadata={})
    )
    assert (nameless.genres, nameless.titles, nameless.number) == ((), ("Zeta",), 1)
    assert (films.titles, films.number, again.number) == ((), 1, 2)
    for label in (space, plain, sea, war, nameless, films, again):
        assert english_name(label) == label.name
    (serial,) = (segment.label for segment in _named([4, 5], metadata={}))
    assert serial.kind == "series"


def test_sensitive_segments_are_marked() -> None:
    war, comedy, space = (segment.label for segment in _named([3], [2], [0], metadata={}))
    assert war.sensitive
    assert not comedy.sensitive
    assert space.iab == ("325", "652")


def test_a_sensitive_theme_marks_a_segment_too() -> None:
    known = {"c": Metadata(keywords=("Religion",))}
    about, other = (segment.label for segment in _named([2, 2], [0, 0], metadata=known))
    assert about.sensitive
    assert not other.sensitive


@pytest.mark.parametrize(
    ("genres", "phrase"),
    [
        (("Comedy", "Romance"), "Romantic comedies"),
        (("Animation", "Children"), "Animated family films"),
        (("Thriller", "Crime"), "Crime thrillers"),
        (("Telenovela",), "Telenovela"),
        (("Telenovela", "Crime"), "Telenovela and Crime"),
        ((), "Films"),
    ],
)
def test_genres_are_said_as_one_says_them(genres: tuple[str, ...], phrase: str) -> None:
    label = SegmentLabel(name="-", sensitive=False, iab=(), genres=noun_first(genres))
    assert english_name(label) == phrase
    assert "series" in english_name(replace(label, kind="series")).lower()


@pytest.mark.parametrize(
    "genres",
    [
        ("War",),
        ("Religion & Faith",),
        ("Politics",),
        ("True Crime",),
        ("true-crime",),
        ("Law",),
        ("Adult",),
        ("Health",),
        ("Crime", "Documentary"),
        ("World Wars",),
        ("Islam",),
        ("biblical",),
        ("Jewish culture",),
        ("election",),
        ("trade union",),
        ("Apartheid",),
        ("LGBTQ",),
        ("homosexuality",),
        ("suicide",),
        ("mental illness",),
        ("self-harm",),
        ("Addiction",),
        ("Terrorism",),
        ("the Holocaust",),
        ("Courtroom",),
    ],
)
def test_what_is_nobodys_business(genres: tuple[str, ...]) -> None:
    assert is_sensitive(genres)


@pytest.mark.parametrize(
    "genres",
    [
        (),
        ("Crime",),
        ("Documentary",),
        ("Action", "Warmth"),
        ("Star Wars", "Essex", "Drugstore", "Courtship", "Experimental"),
        ("Gaynor", "Car race", "Depth", "Partisan", "Lawn"),
    ],
)
def test_what_may_be_counted(genres: tuple[str, ...]) -> None:
    assert not is_sensitive(genres)


def test_categories_are_distinct_and_known() -> None:
    assert iab_categories(["Action", "Adventure", "Polka", "drama"]) == ("325", "647")
    assert iab_categories(["Polka"]) == ("324",)
    assert iab_categories(["Talk Show", "Polka"], series=True) == ("A0AH3G",)
    assert iab_categories([], series=True) == ("640",)


def test_sessions_are_sampled_by_whole_people_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_vectors_module, "_MAX_SESSIONS", 5)
    events = [(user, n % 9, n * 24 * HOUR, 1.0) for user in range(6) for n in range(4)]
    log = _log(events)
    assert len(sample_sessions(log, seed=0)) == 5
    drawn = [[s.items.tolist() for s in sample_sessions(log, seed=seed)] for seed in (0, 0)]
    assert drawn[0] == drawn[1]
