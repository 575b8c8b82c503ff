from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.loaders import LoadedCatalogue, load_catalogue
from model_export.metadata import Metadata

GUIDE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE tv SYSTEM "xmltv.dtd">
<tv generator-info-name="test">
  <channel id="one"><display-name>One</display-name></channel>
  <programme start="20250131201500 +0000" channel="one">
    <title lang="de">Caf\xe9 am Meer</title><title lang="en">Sea Caf\xe9</title>
    <desc>Two people,
       one table.</desc>
    <credits><director>Ann Bo</director><actor role="Owner">Cy Da</actor></credits>
    <date>19990501</date><category>Drama</category><category>Romance</category>
    <keyword>sea</keyword><length units="hours">2</length>
    <rating system="FSK"><value>12</value></rating><rating><value>PG</value></rating>
  </programme>
  <programme start="20250201201500" channel="one">
    <title>Tides</title><sub-title>Ebb</sub-title>
    <episode-num system="xmltv_ns">1.2/10.</episode-num>
    <episode-num system="dd_progid">EP0001.0002</episode-num><date>0</date>
  </programme>
  <programme start="20250202201500" channel="one">
    <title>Tides</title><episode-num system="onscreen">S3 E4</episode-num>
    <length units="minutes">0</length>
  </programme>
  <programme start="20250203201500" channel="one">
    <title>Caf\xe9 am Meer</title><date>1999</date><desc>Something else.</desc>
    <keyword>table</keyword>
  </programme>
  <programme start="1" channel="one"><title>News</title><sub-title>Late</sub-title></programme>
  <programme start="2" channel="one"><title>News</title>
    <episode-num system="xmltv_ns">. .</episode-num></programme>
</tv>
"""


def _load(directory: Path, text: str, encoding: str = "utf-8") -> LoadedCatalogue:
    (directory / "guide").write_bytes(text.encode(encoding))
    return load_catalogue(directory / "guide")


def test_programmes_are_titles(tmp_path: Path) -> None:
    catalogue = _load(tmp_path, GUIDE, "latin-1")
    assert catalogue.titles == (
        Title(
            entity_id="Café am Meer (1999)",
            title="Café am Meer",
            genres=("Drama", "Romance"),
            year=1999,
            age_rating=12,
            run_minutes=120,
        ),
        Title(
            entity_id="EP0001.0002",
            title="Tides: Ebb",
            kind="episode",
            series_id="tides",
            season=2,
            episode=3,
        ),
        Title(
            entity_id="Tides S03E04",
            title="Tides",
            kind="episode",
            series_id="tides",
            season=3,
            episode=4,
        ),
        Title(entity_id="News: Late", title="News: Late", kind="episode", series_id="news"),
        Title(entity_id="News", title="News"),
    )
    assert catalogue.metadata["Café am Meer (1999)"] == Metadata(
        people=("Ann Bo", "Cy Da"), keywords=("sea", "table"), description="Two people, one table."
    )
    assert catalogue.metadata["EP0001.0002"] == Metadata(series="Tides")


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))


@pytest.mark.parametrize(
    ("length", "minutes"),
    [
        ('<length units="seconds">5400</length>', 90),
        ('<length units="minutes">90</length>', 90),
        ("<length>90</length>", 90),
        ('<length units="fortnights">90</length>', 90),
        ('<length units="seconds">1.5</length>', None),
    ],
)
def test_lengths_are_minutes_whatever_they_were_said_in(
    length: str, minutes: int | None, tmp_path: Path
) -> None:
    (title,) = _load(tmp_path, f"<tv><programme><title>A</title>{length}</programme></tv>").titles
    assert title.run_minutes == minutes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f'<!DOCTYPE tv [<!ENTITY l0 "ha">{LAUGHS}]><tv>&l29;</tv>', "declares entities"),
        (
            '<!DOCTYPE tv [<!ENTITY x SYSTEM "file:///etc/passwd">]><tv>&x;</tv>',
            "declares entities",
        ),
        ('<!DOCTYPE tv [<!ENTITY % x SYSTEM "http://127.0.0.1/">%x;]><tv/>', "declares entities"),
        ("<tv", "not well-formed XML: unclosed token"),
        ("<tv>&x;</tv>", "holds no titles$"),
        ("<tv><programme>", "no titles; 1 left out: the guide ends within it"),
        ("<html></html>", "is a web page"),
        ("<rss></rss>", "its root is <rss>, not <tv>"),
        ("<tv></tv>", "guide holds no titles"),
        (
            "<tv><programme><desc>A</desc></programme></tv>",
            "no titles; 1 left out: nothing in field '(item|title)' .*programme 1",
        ),
        ('<?xml version="1.0" encoding="klingon"?><tv/>', "encoding"),
        ("<tv><programme><title>&x;</title></programme></tv>", "left out: .* undefined entity"),
        ("<tv><programme><title>\x01</title></programme></tv>", "nothing in field 'title'"),
    ],
)
def test_hostile_and_broken_guides_are_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says) as refusal:
        _load(tmp_path, text)
    assert refusal.value.hint
    opened = (os.path.realpath(found) for found in Path("/proc/self/fd").iterdir())
    assert str(tmp_path / "guide") not in opened


def test_memory_does_not_grow_with_the_guide(tmp_path: Path) -> None:
    programme = f"<programme><title>A</title><desc>{'x' * 1000}</desc></programme>\n"

    def peak(repeats: int) -> int:
        (tmp_path / "guide.xml").write_text(f"<tv>{programme * repeats}</tv>")
        tracemalloc.start()
        load_catalogue(tmp_path / "guide.xml")
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1)  # imports
    assert peak(2000) < 2 * peak(200)
