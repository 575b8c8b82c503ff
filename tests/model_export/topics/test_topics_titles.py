from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.errors import InputError
from edgeagent.messages import Title
from edgeagent.messages.manifest import MOST_LIFTED_WORDS
from model_export.topics.mapping import NO_MAPPING, GenreMapping, load_mapping
from model_export.topics.titles import title_topics, unknown_words


def _title(*genres: str) -> Title:
    return Title(entity_id="a", title="A", genres=genres)


def _mapping(tmp_path: Path, *lines: str) -> GenreMapping:
    path = tmp_path / "mapping.csv"
    path.write_text("\n".join(("word,genre,topics", *lines)), encoding="utf-8")
    return load_mapping(path)


def test_genres_of_any_language_are_called_alike() -> None:
    about = title_topics(_title("Komödie", "Comédie", "Zzyzx"), (), NO_MAPPING)
    assert about.labels == ("Comedy", "Zzyzx")
    assert about.genres == ("comedy",)
    assert (about.unknown, about.is_known) == (("Zzyzx",), False)


@pytest.mark.parametrize(
    ("genres", "known"),
    [
        (("Komödie",), True),
        (("Komödie", "Spielfilm"), True),
        (("Spielfilm",), False),
        ((), False),
        (("Comedy", "Zzyzx"), False),
        (("Krieg",), True),
    ],
)
def test_a_title_is_known_when_all_its_words_are_and_one_says_what_it_is_about(
    genres: tuple[str, ...], *, known: bool
) -> None:
    assert title_topics(_title(*genres), (), NO_MAPPING).is_known is known


def test_keywords_add_topics_and_need_not_be_known() -> None:
    about = title_topics(_title("Drama"), ("Kirchenchor", "zzyzx"), NO_MAPPING)
    assert about.topics == {"religion"}
    assert about.is_known


def test_documentaries_about_crime_are_true_crime() -> None:
    assert title_topics(_title("Krimi", "Doku"), (), NO_MAPPING).topics == {"law"}
    assert not title_topics(_title("Krimi", "Drama"), (), NO_MAPPING).topics


def test_an_operator_says_what_words_mean(tmp_path: Path) -> None:
    mapping = _mapping(
        tmp_path, "ZZYZX,comedy,", "Plugh,,religion", "Bulk,format,", "Xyzzy,drama,law"
    )
    assert title_topics(_title("Zzyzx"), (), mapping).labels == ("Comedy",)
    plugh = title_topics(_title("plugh"), ("xyzzy",), mapping)
    assert (plugh.labels, plugh.is_known) == (("plugh",), True)
    assert plugh.topics == {"religion", "law"}
    assert not title_topics(_title("Bulk"), (), mapping).is_known
    assert title_topics(_title("Bulk", "Drama"), (), mapping).is_known


def test_a_mapping_adds_topics_to_known_words(tmp_path: Path) -> None:
    mapping = _mapping(tmp_path, "Western,western,violence", "War,war,politics")
    assert title_topics(_title("Western"), (), mapping).topics == {"violence"}
    assert title_topics(_title("War"), (), mapping).topics == {"violence", "politics"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Zzyzx,polka,", "there is no genre 'polka'"),
        ("Zzyzx,,polka", "there is no topic 'polka'"),
        ("Zzyzx,,", "neither genre nor topics"),
        (",drama,", "no word"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused_and_told_what_there_is(
    tmp_path: Path, line: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as raised:
        _mapping(tmp_path, line)
    assert "line 2" in str(raised.value)


def test_words_that_lose_a_sensitive_topic_are_listed_where_the_catalogue_has_them(
    tmp_path: Path,
) -> None:
    mapping = _mapping(
        tmp_path, "Krieg,action,", "Kirche,,politics", "War,war,politics", "Zzyzx,comedy,"
    )
    found = mapping.lifted_words(["KRIEG", "Krieg", "Kirche", "War", "Zzyzx", "Religion"])
    assert [(each.word, each.topics) for each in found] == [
        ("kirche", ("religion",)),
        ("krieg", ("violence",)),
    ]
    assert mapping.lifted_words(["Drama"]) == ()
    assert title_topics(_title("Krieg"), (), mapping).topics == frozenset()
    assert title_topics(_title("Kirche"), (), mapping).topics == {"politics"}


def test_more_words_than_a_manifest_lists_cannot_be_lifted(tmp_path: Path) -> None:
    lines = [f"Krieg {number},action," for number in range(MOST_LIFTED_WORDS)]
    assert len(_mapping(tmp_path, *lines).lifted_words(f"Krieg {n}" for n in range(99))) == 16
    with pytest.raises(InputError, match="from more than 16 words"):
        _mapping(tmp_path, *lines, "Kirche,arts,")


def test_a_mapping_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_mapping(tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="lacks a column"):
        load_mapping(tmp_path / "other.csv")


def test_unknown_words_are_listed_with_counts_and_examples() -> None:
    titles = [Title(entity_id=str(n), title=f"T{n}", genres=("Zzyzx", "Drama")) for n in range(5)]
    titles += [Title(entity_id="x", title="X", genres=("Plugh",)), Title(entity_id="y", title="Y")]
    found = unknown_words(titles, NO_MAPPING)
    assert [(each.word, each.count) for each in found] == [("Zzyzx", 5), ("Plugh", 1), ("", 1)]
    assert found[0].examples == ("T0", "T1", "T2")
