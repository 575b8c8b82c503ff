"""The words that invented titles are made of, genre by genre.

Genres are MovieLens's, so that segments of either log are named alike. A pattern's slots are
``quality``, ``thing``, ``name``, ``place`` and ``number``.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EPISODES", "GENRES", "LEXICA", "NAMES", "NUMBERS", "PLACES", "THEMES", "Lexicon"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """How titles of one genre are built."""

    films: tuple[str, ...]
    """Patterns for films."""
    series: tuple[str, ...]
    """Patterns for series."""
    qualities: tuple[str, ...]
    things: tuple[str, ...]


def _words(text: str, *, between: str | None = None) -> tuple[str, ...]:
    """Split ``text`` at ``between`` or at white space."""
    return tuple(word.strip() for word in text.split(between))


def _lexicon(films: str, series: str, qualities: str, things: str) -> Lexicon:
    return Lexicon(
        films=_words(films, between="|"),
        series=_words(series, between="|"),
        qualities=_words(qualities),
        things=_words(things),
    )


NAMES = _words(
    """Valko Maren Tolliver Oduya Brandt Ilsemann Quill Harrow Petrossian Lindqvist Okafor Sorel
    Varga Delacroy Amsel Novotny Fairweather Castellane Bexley Rourke Ondine Halloran Mirza Tamsin
    Kowalk Eszter Baptiste Yarrow Zelenka Corrigan Imre Lottie Wendel Osgood Farrukh Nadine Piet
    Thessaly Marguerite Anselm Birgit Calloway Dunmore Evander Ferreira Gudrun Hollis Isolde Jarek
    Kamila Leopold Minna Nikhil Odette Pascoe Ruta Stellan Tereza Ulrich Verity"""
)
PLACES = _words(
    """Saltmere, Marrow Point, Kestrel Bay, Vellacourt, Ostrava Street, Low Harrow, Pinegrave,
    Tamar Road, Quince Hill, Brackwater, Lantern Quay, Halden, Northgate, Cinder Lane, Ashby Sound,
    Verdigris Square, Mill Eleven, Port Amsel, Dunwater, Gallows Reach, Seven Wells, Old Karlin,
    Moth Island, Ferrow, Blue Anchor Yard, Winterholm, Tallow Market, Lake Oriel, Sparrow Heath,
    the Ninth Parish, Corrie Falls, Sable Ridge, the Orchard Coast, Little Venn, Easterly,
    Harbinger Creek, the Salt Road, Copper Street, Brine Alley, the Upper Valley""",
    between=",",
)
THEMES = _words(
    """revenge friendship betrayal inheritance exile rivalry homecoming ambition grief
    obsession solitude loyalty corruption jealousy redemption survival memory freedom
    madness faithfulness childhood marriage heist journey haunting rebellion masquerade
    winter harbour village orchestra boxing kitchen railway lighthouse circus island desert
    monastery observatory"""
)
NUMBERS = _words("Two Three Four Five Seven Nine Eleven Twelve Thirteen Forty")

LEXICA: dict[str, Lexicon] = {
    "Action": _lexicon(
        "The {quality} {thing} | {thing} at {place} | {name}'s {thing} | {number} {thing}s"
        " | {quality} {thing}",
        "Unit {number} | {place} {thing}",
        "Burning Armoured Reckless Unmarked Southbound Iron Double Borrowed Final Broken",
        "Convoy Tripwire Payload Crossfire Ransom Outrider Ballast Overpass Flashpoint Checkpoint"
        " Bulwark Getaway Breaker",
    ),
    "Adventure": _lexicon(
        "The {quality} {thing} | {name} and the {quality} {thing} | The {thing} of {place}"
        " | Beyond {place} | {number} Days to {place}",
        "The {place} Expedition | Captain {name}",
        "Sunken Uncharted Wandering Emerald Forgotten Wayward Farthest Amber Restless Tidal",
        "Compass Caravan Lagoon Atlas Schooner Meridian Archipelago Rope-Bridge Cartographer"
        " Monsoon Expedition Passage",
    ),
    "Animation": _lexicon(
        "{name} and the {quality} {thing} | The {quality} {thing} | Little {thing}, Big {thing}"
        " | The {thing} Who Came to {place} | {number} {quality} {thing}s",
        "The {quality} {thing}s | {name}'s {thing}",
        "Clockwork Paper Velvet Hiccuping Sleepless Cardboard Striped Musical Upside-Down Woolly",
        "Hedgehog Kite Teapot Otter Snail Balloon Turnip Robin Umbrella Lighthouse Pocket Comet",
    ),
    "Children": _lexicon(
        "{name}'s {quality} {thing} | The {thing} of {place} | A {thing} for {name}"
        " | {name} and the {thing} Club | The {quality} {thing}",
        "{name} at {place} School | The {thing} Gang",
        "Muddy Secret Tiny Giggling Rainy Wobbly Brave Lost Sticky Marvellous",
        "Treehouse Pony Holiday Puddle Bakery Wagon Kitten Tandem Sandcastle Parade Picnic Attic",
    ),
    "Comedy": _lexicon(
        "{name} Takes the {thing} | The {quality} {thing} | My {quality} {thing}"
        " | {number} {thing}s and a {thing} | Trouble in {place} | Nobody Told {name}",
        "{name} & Daughters | The {place} {thing}",
        "Unlikely Overdue Part-Time Honorary Perfectly-Good Accidental Second-Best Rented"
        " Well-Meaning Unpaid",
        "Plumber Wedding Landlord Bouquet Nephew Caterer Refund Sofa Chaperone Karaoke Committee"
        " Hatchback Reunion",
    ),
    "Crime": _lexicon(
        "Inspector {name} | The {place} Ledger | {quality} {thing} | The {thing} on {place}"
        " | {name}'s {thing} | The {quality} {thing}",
        "Inspector {name} | {place} Homicide | The {thing}s of {place}",
        "Crooked Unpaid Counterfeit Quiet Hollow Cold Bent Silent-Partner Inside Sealed",
        "Informer Alibi Pawnbroker Safecracker Docket Bagman Witness Forger Affidavit Syndicate"
        " Getaway-Driver Fence",
    ),
    "Documentary": _lexicon(
        "The {thing}s of {place} | {place}: A {quality} {thing} | Making the {thing}"
        " | Portrait of {name} | The {quality} {thing} | {number} {thing}s",
        "Inside the {thing} | The {quality} {thing}",
        "Vanishing Living Ordinary Measured Open Unseen Patient Working Deep Common",
        "Glacier Orchestra Beekeeper Shipyard Archive Harvest Migration Loom Reef Railway Kitchen"
        " Observatory Marathon",
    ),
    "Drama": _lexicon(
        "The {quality} {thing} | {name}'s {thing} | The {thing} at {place} | A {thing} in {place}"
        " | What {name} Kept | Nobody's {thing} | After {place} | {quality} {thing}",
        "The House at {place} | The {name}s of {place} | {place}",
        "Salt Quiet Unfinished Winter Borrowed Northern Plain Long Inherited Slow Bitter Still",
        "Harbour Lantern Orchard Inheritance Ferry Letter Piano Threshold Tenant Daughter Ploughman"
        " Veranda Silence Schoolroom",
    ),
    "Fantasy": _lexicon(
        "The {thing} of {place} | {name} and the {quality} {thing} | The {quality} {thing}"
        " | {number} {thing}s for {name} | A {thing} of {quality} {thing}s",
        "The {quality} {thing} | {thing}s of {place}",
        "Moonlit Thorned Gilded Sleeping Whispering Oathbound Ashen Silver Hollow Everwinter",
        "Crown Wyvern Sorcerer Orchard Mirror Stag Spindle Throne Changeling Cauldron Raven Loom",
    ),
    "Film-Noir": _lexicon(
        "{quality} {thing} | The {thing} on {place} | {name} Pays at Midnight"
        " | The {quality} {thing} | Goodnight, {name} | A {thing} for {name}",
        "{name} After Dark | The {place} {thing}",
        "Smoky Two-Dollar Rain-Black Faithless Neon Cheap Velvet Last-Call Nickel Crooked",
        "Alley Matchbook Chanteuse Raincoat Streetcar Doublecross Elevator Cigarette Hotel Detour"
        " Payphone Staircase",
    ),
    "Horror": _lexicon(
        "The {quality} {thing} | {thing} Below {place} | It Knows {name} | The {thing} of {place}"
        " | Do Not Wake {name} | {quality} {thing} | {place} Is Empty",
        "The {place} {thing} | {quality} {thing}s",
        "Unburied Crawling Pale Whispering Drowned Skinless Starving Nailed-Shut Rotting Eyeless",
        "Cellar Nursery Choir Ossuary Tallow Scarecrow Burrow Wallpaper Midwife Well Marionette"
        " Crypt Lodger",
    ),
    "Musical": _lexicon(
        "The {quality} {thing} | {name} on {place} | Sing It, {name} | {number} {thing}s to {place}"
        " | The {thing} of {place} | {thing} and {thing}",
        "The {place} {thing} | Everybody Loves {name}",
        "Dancing Golden Sequinned Tap-Happy Midnight Brass Opening-Night Swinging Saturday Encore",
        "Serenade Chorus Foxtrot Matinee Bandstand Spotlight Trombone Revue Curtain-Call Waltz"
        " Ballroom Refrain",
    ),
    "Mystery": _lexicon(
        "The {place} {thing} | The {quality} {thing} | Who Was {name}? | The {thing} of {name}"
        " | {number} {thing}s at {place} | The Late {name}",
        "The {name} Files | Mysteries of {place}",
        "Missing Locked Vanished Nameless Unsigned Hidden-Away Thirteenth Faded Second Mistaken",
        "Cipher Portrait Keyhole Visitor Passenger Manuscript Inquest Heirloom Guestbook"
        " Photograph Clockmaker Postmark",
    ),
    "Romance": _lexicon(
        "{name} in {place} | The {quality} {thing} | Love and the {thing} | A {thing} for {name}"
        " | {number} {thing}s from {name} | Meet Me in {place} | {quality} {thing}",
        "Hearts of {place} | {name} & {name}",
        "Tender Unsent Late-Summer Shy Promised April Secondhand Sunlit Foolish Evening",
        "Postcard Valentine Bookshop Honeymoon Violin Florist Proposal Ribbon Rendezvous Vineyard"
        " Terrace Dance",
    ),
    "Sci-Fi": _lexicon(
        "The {quality} {thing} | {thing} {number} | The {name} {thing} | {quality} {thing}"
        " | Signals from {place} | {number} {thing}s Out | Orbit of {name}",
        "{thing} {number} | The {quality} {thing}",
        "Quantum Orbital Derelict Synthetic Parallel Frozen Outer Sublight Recursive Hollow",
        "Colony Airlock Perihelion Drone Paradox Terraform Beacon Android Singularity Cryostat"
        " Starport Telemetry",
    ),
    "Thriller": _lexicon(
        "The {quality} {thing} | {quality} {thing} | Before {place} | {name} Is Lying"
        " | The {thing} Protocol | {number} Minutes in {place} | The {place} {thing}",
        "The {place} {thing} | {quality} {thing}",
        "Blind Fatal Unlisted Silent Narrow Dead-Drop Sudden Shadow Vertical Undeclared",
        "Courier Stairwell Extraction Handler Hostage Voicemail Pretext Undertow Cutout Deadline"
        " Dossier Informant",
    ),
    "War": _lexicon(
        "The {thing} at {place} | {number} Days at {place} | The {quality} {thing}"
        " | Sergeant {name} | Letters from {place} | {quality} {thing}",
        "The {place} {thing} | {name}'s Company",
        "Muddy Scattered Forward Last Frozen Ragged Retreating Dawn Shelled Lost",
        "Trench Bridgehead Regiment Armistice Battery Bugler Sapper Ridge Telegraph Barricade"
        " Garrison Stretcher-Bearer",
    ),
    "Western": _lexicon(
        "The {quality} {thing} | {name} of {place} | {number} Riders to {place}"
        " | A {thing} for {name} | The {thing} at {place} | {quality} {thing}",
        "{place} Crossing | The {name} Brothers",
        "Dusty Lonesome Hanging Bleached Prairie Gunmetal Coyote Drifting Sundown Rawhide",
        "Stagecoach Saddle Homestead Gulch Marshal Stampede Telegraph-Line Saloon Mesa Drover"
        " Canyon Bounty",
    ),
}
GENRES = tuple(LEXICA)

EPISODES = _lexicon(
    "The {quality} {thing} | {quality} {thing} | The {thing} | A {thing} for {name}"
    " | {name}'s {thing} | {thing} and {thing} | {name} Returns | The Road to {place}"
    " | {number} {thing}s | Goodbye, {place} | A {quality} {thing}",
    "{place}",
    "Low Early Second False Open Small Wrong Spare Wet Hard Late Empty Unwritten Old Loose",
    "Ferry Timetable Debt Water Window Visitor Key Supper Signature Tide Guest Receipt Storm Oath"
    " Neighbour Verdict Detour Anniversary Ladder Map Rehearsal Match Stranger Bargain Fever",
)
