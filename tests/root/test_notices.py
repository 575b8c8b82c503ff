from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from edgeagent import notices
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import InputError
from edgeagent.messages.codec import canonical_bytes, sha256_hex
from edgeagent.messages.fields import MechanismName, SchemeName
from edgeagent.messages.terms import Terms
from edgeagent.notices import Notice, NoticeTemplate, load_template, notice_digest
from edgeagent.notices.in_force import notice_in_force, terms_in_force

HERE = Path(notices.__file__).parent
DIGESTS = {
    "notice-1.de.json": "31e005fca6e696b4c091178f59425c9d499991f4292e65a240516785c20385e1",
    "notice-1.en.json": "4e678f4774821ccf7497e23e47c6525a5abe4108cf2eb478f5ceb338eed25733",
    "notice-2.de.json": "bbe19bc5c5c3a6140cb8bf04dfe099b506cd469ee747eedf1dc7eada119eee0e",
    "notice-2.en.json": "6ea1111cd24890bccb7e2266c1c0732fa8c352cae239006a3672f009442c7575",
    "notice-3.de.json": "c0b3bf2567120a68481622754eedf16cfbd1081eef6f83bdbbfd08d5117ee043",
    "notice-3.en.json": "c7f3fca9af57dff1e1c209f30f15c7382642fbde4f775e612cb77fc267c49dd4",
}
"""Households have agreed to exactly these: other words need another version."""
USUAL = Config(server_url="https://counts.example/tv", retention_days=90)


def texts(notice: Notice) -> dict[Purpose, str]:
    return {
        purpose: f"{words.text} {words.gives} {words.takes}"
        for purpose, words in notice.purposes.items()
    }


def test_the_notice_says_something_about_every_purpose_and_no_other() -> None:
    notice = notice_in_force(USUAL)
    assert set(notice.purposes) == set(Purpose)
    assert all(text.title and text.text for text in notice.purposes.values())


def test_the_digest_is_of_the_notice_with_its_values() -> None:
    notice = notice_in_force(USUAL)
    assert notice_digest(notice) == sha256_hex(canonical_bytes(notice))
    assert notice.terms == terms_in_force(USUAL)
    assert "90 days" in notice.purposes[Purpose.HISTORY].text


def test_a_version_of_a_notice_never_changes() -> None:
    there = {path.name: sha256_hex(path.read_bytes()) for path in HERE.glob("notice-*.json")}
    assert there == DIGESTS


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    ("purpose", "changed", "shown"),
    [
        (Purpose.HISTORY, {"retention_days": 30}, "30"),
        (Purpose.REPORTING, {"server_url": "https://others.example"}, "others.example"),
        (Purpose.REPORTING, {"server_url": None}, "erver"),
        (Purpose.REPORTING, {"report_max_odds": "3/2"}, "3/2"),
        (Purpose.REPORTING, {"report_spacing_weeks": 26}, "26"),
        (Purpose.REPORTING, {"report_schemes": ("segment",)}, "13"),
    ],
)
def test_each_setting_that_is_a_term_is_seen_in_the_notice(
    language: str, purpose: Purpose, changed: dict[str, Any], shown: str
) -> None:
    before = notice_in_force(USUAL, language)
    after = notice_in_force(msgspec.structs.replace(USUAL, **changed), language)
    differ = [each for each in Purpose if texts(before)[each] != texts(after)[each]]
    assert differ == [purpose]
    assert shown in texts(after)[purpose]
    assert notice_digest(after) != notice_digest(before)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("term", ["mechanisms", "schemes"])
def test_each_compiled_name_is_seen_in_the_notice(language: str, term: str) -> None:
    template, terms = load_template(language), terms_in_force(USUAL)
    whole = texts(template.filled(terms))[Purpose.REPORTING]
    for name in getattr(terms, term):
        names = tuple(each for each in getattr(terms, term) if each != name)
        fewer = template.filled(msgspec.structs.replace(terms, **{term: names}))
        gone = getattr(template, term)[name]
        assert gone in whole
        assert gone not in texts(fewer)[Purpose.REPORTING]


def test_a_bound_is_never_rounded_down() -> None:
    notice = notice_in_force(msgspec.structs.replace(USUAL, report_max_odds="2"))
    assert "ε ≤ 0.70" in notice.purposes[Purpose.REPORTING].takes  # ln 2 = 0.693


def test_the_notice_of_a_port_or_path_is_that_of_its_host() -> None:
    moved = msgspec.structs.replace(USUAL, server_url="https://Counts.Example:8443/v2")
    assert notice_digest(notice_in_force(moved)) == notice_digest(notice_in_force(USUAL))


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_language_has_words_for_every_name_and_the_same_meanings(language: str) -> None:
    template = load_template(language)
    assert set(template.mechanisms) == set(get_args(MechanismName))
    assert set(template.schemes) == set(get_args(SchemeName))
    assert template.meanings == load_template("en").meanings
    filled = template.filled(terms_in_force(USUAL))
    assert not any("{" in text or "}" in text for text in texts(filled).values())


def test_the_terms_hold_nothing_but_what_settings_and_limits_say() -> None:
    assert terms_in_force(Config()) == Terms(
        meanings=dict.fromkeys(map(str, Purpose), 1) | {"promotion": 3},  # a list; ads
        mechanisms=get_args(MechanismName),
        odds="3",
        recipients=(),
        retention_days=90,
        schemes=get_args(SchemeName),
        spacing_weeks=13,
    )


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("lacking", ["everything", "title", "text", "gives", "takes"])
def test_a_notice_that_is_not_whole_is_refused(purpose: Purpose, lacking: str) -> None:
    content: dict[str, Any] = msgspec.to_builtins(load_template("en"))
    if lacking == "everything":
        del content["purposes"][purpose]
    else:
        content["purposes"][purpose][lacking] = " "
    with pytest.raises(InputError, match=f"says nothing about {purpose}"):
        notices._decoded(msgspec.json.encode(content), "en")


@pytest.mark.parametrize("language", ["xx", "..", "EN", "e"])
def test_a_language_without_notice_is_refused(language: str) -> None:
    with pytest.raises(InputError, match="language"):
        load_template(language)


def test_earlier_notices_are_there_in_every_language() -> None:
    present = load_template("en").version
    for version in range(1, int(present) + 1):
        for language in ("de", "en"):
            assert (HERE / notices.notice_file(str(version), language)).is_file()


def test_a_template_is_closed() -> None:
    content: dict[str, Any] = msgspec.to_builtins(load_template("en"))
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(content | {"more": 1}, NoticeTemplate)
