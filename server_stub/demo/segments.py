"""The invented audience: thirty-two segments, how much each is watched, and when in the year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgeagent.messages import SegmentLabel
from edgeagent.messages.manifest import BEFORE_1970

__all__ = ["HIT", "SEGMENTS", "DemoSegment"]

Era = int | Literal["before 1970"]


@dataclass(frozen=True, slots=True)
class DemoSegment:
    """One segment; its titles are put together from its words."""

    kind: Literal["films", "series"]
    genre: str
    era: Era
    iab: str
    percent: float
    """Of all sessions in an average week; 0 for a sensitive segment, which no box reports."""
    words: str
    """Separated by commas."""
    peak: int = 0
    """The day of the year on which it is watched most."""
    season: float = 0.0
    """How far it rises by then, in log-odds; the rest of the year is below by as much."""
    theme: str | None = None

    @property
    def sensitive(self) -> bool:
        """Whether it is one that boxes count as "none"."""
        return self.percent == 0

    @property
    def name(self) -> str:
        """Its name in English, as an exporter would write it."""
        era = self.era if self.era == BEFORE_1970 else f"{self.era}s"
        return f"{self.theme or self.genre} {self.kind}, {era}"

    def label(self, titles: tuple[str, ...]) -> SegmentLabel:
        """Return the label with some of its titles."""
        return SegmentLabel(
            name=self.name,
            sensitive=self.sensitive,
            iab=(self.iab,),
            kind=self.kind,
            genres=(self.genre,),
            era=self.era,
            theme=self.theme,
            titles=titles[:3],
        )


_OLD: Era = BEFORE_1970
SEGMENTS = (
    DemoSegment(
        "series", "Crime", 2010, "640", 7.2, "Harbour,Inspector,Verdict,Cold Case", 350, 0.12
    ),
    DemoSegment("series", "Drama", 2020, "647", 6.4, "Household,Inheritance,Ferry,Winter", 20, 0.1),
    DemoSegment("films", "Drama", 2010, "647", 5.2, "Letter,Orchard,Daughter,Tide"),
    DemoSegment("series", "Comedy", 2020, "646", 5.6, "Flatmates,Office,Allotment,Wedding"),
    DemoSegment("films", "Comedy", 2000, "646", 4.3, "Holiday,Uncle,Landlord,Reunion"),
    DemoSegment("films", "Action", 2010, "325", 4.6, "Convoy,Runway,Vault,Pursuit"),
    DemoSegment(
        "series", "Reality", 2020, "651", 5.0, "Island,Renovation,Ballroom,Auction", 190, 0.3
    ),
    DemoSegment("films", "Thriller", 2010, "700", 3.9, "Witness,Passenger,Tunnel,Alibi"),
    DemoSegment("series", "Science fiction", 2020, "652", 2.6, "Signal,Orbit,Colony,Archive"),
    DemoSegment("films", "Science fiction", 2010, "652", 2.7, "Horizon,Machine,Comet,Exile"),
    DemoSegment("films", "Romance", 2000, "326", 2.8, "Platform,Summer,Promise,Balcony"),
    DemoSegment("films", "Family", 2010, "645", 3.4, "Raccoon,Treehouse,Pony,Lighthouse", 355, 0.2),
    DemoSegment(
        "films",
        "Family",
        1990,
        "645",
        1.0,
        "Sleigh,Snowfall,Stocking,Reindeer",
        358,
        1.1,
        "Christmas",
    ),
    DemoSegment("series", "Nature", 2020, "VKIV56", 2.2, "River,Savanna,Glacier,Reef", 30, 0.15),
    DemoSegment("series", "Documentary", 2010, "332", 2.6, "Railway,Empire,Factory,Voyage"),
    DemoSegment("films", "Documentary", 2010, "332", 1.5, "Mountain,Orchestra,Stadium,Archive"),
    DemoSegment("films", "Horror", 2010, "336", 1.9, "Cellar,Scarecrow,Lullaby,Attic", 303, 0.45),
    DemoSegment("series", "Fantasy", 2010, "335", 2.4, "Crown,Raven,Oath,Dragon"),
    DemoSegment("films", "Fantasy", 2000, "335", 2.0, "Mirror,Wizard,Forest,Amulet"),
    DemoSegment("films", "Adventure", 1990, "325", 1.9, "Treasure,Jungle,Balloon,Compass"),
    DemoSegment("series", "Cooking", 2020, "216", 2.7, "Kitchen,Bakery,Market,Table"),
    DemoSegment("series", "Travel", 2020, "640", 1.6, "Coast,Night Train,Island,Border", 200, 0.35),
    DemoSegment("films", "Western", _OLD, "KHPC6A", 0.9, "Canyon,Stranger,Telegraph,Ranch"),
    DemoSegment("films", "Musical", _OLD, "156", 0.8, "Chorus,Parade,Melody,Footlight"),
    DemoSegment(
        "films", "Drama", _OLD, "647", 1.3, "Governess,Station,Manor,Jury", theme="Classic"
    ),
    DemoSegment("series", "Comedy", 1990, "646", 2.3, "Neighbours,Barracks,Corner Shop,Choir"),
    DemoSegment("series", "Soap", 2010, "642", 3.1, "Avenue,Clinic,Vineyard,Hotel"),
    DemoSegment("series", "Talk show", 2020, "A0AH3G", 1.7, "Sofa,Late Night,Guest,Breakfast"),
    DemoSegment("films", "Mystery", 1980, "331", 1.2, "Poison,Express,Butler,Cipher"),
    DemoSegment("films", "Animation", 2010, "641", 2.2, "Robot,Lemming,Cloud,Teapot", 200, 0.1),
    DemoSegment("series", "True crime", 2020, "640", 0, "Confession,Evidence,Suspect,Trial"),
    DemoSegment("films", "War", 1990, "389", 0, "Trench,Armistice,Squadron,Bridge"),
)
HIT = 8
"""The segment in which a series comes out that everybody watches."""
