"""Guides that are broken in part: what is whole is read, what is not is counted with its reason."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from edgeagent.errors import InputError
from edgeagent.messages.fields import UNKNOWN_AGE
from model_export.loaders import LoadedCatalogue, load_catalogue
from model_export.loaders.programme_texts import programme_texts

WHOLE = "<programme><title>Ebb</title></programme>"
TEXT = "<tv><programme><title>Caf\xe9 \u201cMer\u201d</title></programme></tv>"


def _load(directory: Path, guide: bytes | str, *, strict: bool = False) -> LoadedCatalogue:
    path = directory / "guide.xml"
    path.write_bytes(guide if isinstance(guide, bytes) else guide.encode())
    return load_catalogue(path, strict=strict)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("<programme><title>A & B</title></programme>", "broken XML: .*invalid token"),
        ("<programme><title>A&nbsp;B</title></programme>", "broken XML: undefined entity"),
        ("<programme><title>A</titel></programme>", "broken XML: mismatched tag"),
        ("<programme><title>A&#1;</title></programme>", "broken XML: .* invalid character"),
        ("<programme start=1><title>A</title></programme>", "broken XML"),
        ("<programme><title>A</title>", "another begins before it ends"),
        ("<programme><p:title>A</p:title></programme>", "broken XML: unbound prefix"),
        ("<programme/>", "nothing in field 'title'"),
        ("<programme></programme >", "nothing in field 'title'"),
        (f"<programme><title>{'A' * 1_200_000}</title></programme>", "longer than 1,000,000"),
        ("<programme><desc><programme><a/></desc></programme>", "another begins"),
    ],
)
def test_a_broken_programme_costs_no_other(tmp_path: Path, broken: str, reason: str) -> None:
    guide = f"<tv>\n{WHOLE}\n{broken}\n{WHOLE.replace('Ebb', 'Flood')}\n</tv>"
    found = _load(tmp_path, guide)
    assert [title.title for title in found.titles] == ["Ebb", "Flood"]
    why = found.left_out[0]
    assert why.count == 1
    assert why.first == (f"{tmp_path / 'guide.xml'}, line 3, programme 2",)
    with pytest.raises(InputError, match=rf"line 3, programme 2: .*{reason}") as refusal:
        _load(tmp_path, guide, strict=True)
    assert refusal.value.hint


def test_a_guide_that_ends_in_the_middle_is_read_until_there(tmp_path: Path) -> None:
    found = _load(tmp_path, f"<tv>{WHOLE}<programme><title>Fl")
    assert [title.title for title in found.titles] == ["Ebb"]
    (left_out,) = found.left_out
    assert (left_out.reason, left_out.count) == ("the guide ends within it", 1)


@pytest.mark.parametrize("hidden", ["<!-- {} -->", "<![CDATA[ {} ]]>", "<?skip {} ?>"])
def test_what_is_commented_out_is_no_programme(tmp_path: Path, hidden: str) -> None:
    guide = f"<tv>{hidden.format(WHOLE * 3)}{WHOLE.replace('Ebb', 'Flood')}</tv>"
    found = _load(tmp_path, guide)
    assert ([title.title for title in found.titles], found.merged) == (["Flood"], 0)


def test_an_end_in_a_comment_or_cdata_does_not_end_a_programme(tmp_path: Path) -> None:
    inside = "<!-- </programme> --><desc><![CDATA[</programme> <programme>]]></desc>"
    found = _load(tmp_path, f"<tv><programme>{inside}<title>Ebb</title></programme></tv>")
    assert found.metadata["Ebb"].description == "</programme> <programme>"
    assert found.left_out == ()


def test_a_guide_is_cut_alike_wherever_its_pieces_end() -> None:
    guide = (
        f'<tv>\n<!-- {WHOLE} -->\n<programme a=">"/>\n<programme>\n{WHOLE}\n<?x?>{WHOLE}<programme>'
    )

    class Slow(StringIO):
        def read(self, size: int | None = -1) -> str:
            return super().read(min(self.step, size or 0))

        step = 1

    whole = list(programme_texts(StringIO(guide)))
    assert [(each.line, each.broken) for each in whole] == [
        (3, None), (4, "another begins before it ends"), (5, None), (6, None),
        (6, "the guide ends within it"),
    ]  # fmt: skip
    for step in range(1, 12):
        slow = Slow(guide)
        slow.step = step
        assert list(programme_texts(slow)) == whole


def test_a_namespace_of_the_root_is_known_in_programmes(tmp_path: Path) -> None:
    guide = '<tv xmlns:x="urn:x"><programme x:a="1"><title>Ebb</title></programme></tv>'
    assert _load(tmp_path, guide).left_out == ()


@pytest.mark.parametrize(
    ("declared", "saved"),
    [
        ("", "utf-8"), ("", "utf-8-sig"), ("", "utf-16"), ("", "utf-16-le"), ("", "utf-16-be"),
        ("utf-16", "utf-8"), ("UTF-16", "utf-16"), ("windows-1252", "cp1252"),
        ("ISO-8859-1", "cp1252"), ("iso-8859-9", "cp1254"), ("us-ascii", "cp1252"),
        ("gb18030", "gb18030"),
    ],
)  # fmt: skip
def test_encodings_are_read_as_files_are_saved(tmp_path: Path, declared: str, saved: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    found = _load(tmp_path, (declaration + TEXT).encode(saved))
    assert found.titles[0].title == "Café “Mer”"
    assert found.ignored == ()


def test_white_space_before_the_declaration_is_read_over(tmp_path: Path) -> None:
    declaration = '\r\n <?xml version="1.0" encoding="windows-1252"?>'
    assert _load(tmp_path, (declaration + TEXT).encode("cp1252")).titles[0].title == "Café “Mer”"


@pytest.mark.parametrize("name", ["rot13", "punycode", "unicode_escape", "klingon", "utf-7"])
def test_an_encoding_that_no_guide_has_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="names an encoding that is not known"):
        _load(tmp_path, f'<?xml version="1.0" encoding="{name}"?>{TEXT}')


def test_half_a_character_of_utf_16_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not utf-16"):
        _load(tmp_path, TEXT.encode("utf-16") + b"\x00\xd8")


@pytest.mark.parametrize(
    ("title", "read", "change"),
    [
        (b"Caf\xe9 \x93Mer\x94", "Café “Mer”", "bytes of another encoding: read as Windows-1252"),
        (b"Tide\x01s\x0b", "Tides", "control characters"),
        ("Ebb\ufffe".encode(), "Ebb", "control characters"),
    ],
)
def test_what_no_xml_may_hold_is_mended_and_counted(
    tmp_path: Path, title: bytes, read: str, change: str
) -> None:
    guide = b"<tv>\n<programme><title>" + title + b"</title></programme></tv>"
    found = _load(tmp_path, guide)
    assert found.titles[0].title == read
    (ignored,) = found.ignored
    assert (ignored.reason, ignored.count) == (change, 1)
    with pytest.raises(InputError, match="line 2, programme 1: "):
        _load(tmp_path, guide, strict=True)


def test_deep_nesting_is_read_over(tmp_path: Path) -> None:
    deep = f"<desc>{'<b>' * 50_000}Two{'</b>' * 50_000}</desc>"
    found = _load(tmp_path, f"<tv><programme><title>Ebb</title>{deep}</programme></tv>")
    assert found.metadata["Ebb"].description == "Two"


def test_ever_new_elements_do_not_fill_memory(tmp_path: Path) -> None:
    odd = "".join(f"<e{number}/>" for number in range(1500))
    ignored = _load(tmp_path, f"<tv><programme><title>Ebb</title>{odd}</programme></tv>").ignored
    assert len(ignored) == 1001
    assert (ignored[-1].reason, sum(each.count for each in ignored)) == ("further reasons", 1500)


NINES, NOUGHTS = "9" * 5000, "0" * 5000


@pytest.mark.parametrize("value", ["inf", "-inf", "1e400", NINES, f"{NOUGHTS}99999"])
@pytest.mark.parametrize(
    "element",
    [
        "<length>{}</length>", "<date>{}</date>", "<sub-title>{}</sub-title>",
        "<rating><value>{}</value></rating>", "<rating><value>{}-12</value></rating>",
        '<episode-num system="xmltv_ns">{}</episode-num>',
        '<episode-num system="onscreen">{}</episode-num>',
        '<episode-num system="season">{}</episode-num>',
    ],
)  # fmt: skip
def test_numbers_beyond_any_size_are_not_read(tmp_path: Path, element: str, value: str) -> None:
    inside = element.format(value)
    (title,) = _load(tmp_path, f"<tv><programme><title>A</title>{inside}</programme></tv>").titles
    assert (title.run_minutes, title.year, title.season) == (None, None, None)
    assert title.age_rating == (UNKNOWN_AGE if "rating" in element else 0)


@pytest.mark.parametrize(
    "element",
    [
        "<sub-title>{}</sub-title>", "<category>{}</category>",
        "<rating><value>{}</value></rating>", "<episode-num>{}</episode-num>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", ["a", "us ", "1 s "])
def test_a_huge_text_takes_no_quadratic_time(tmp_path: Path, element: str, text: str) -> None:
    """Quadratic time would be half an hour; linear, it is a fraction of a second."""
    inside = element.format(text * (300_000 // len(text)))
    assert _load(tmp_path, f"<tv><programme><title>A</title>{inside}</programme></tv>").titles
