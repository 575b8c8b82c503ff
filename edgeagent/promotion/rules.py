"""What a catalogue of creatives must keep to; publisher and box ask the same rules.

A box refuses a catalogue that breaks one of :func:`catalogue_faults` as a whole and keeps the one
before. What depends on the model (:func:`target_faults`) costs a single creative its taste there,
because models change without the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from edgeagent.errors import MalformedMessage
from edgeagent.messages import SegmentLabel
from edgeagent.messages.creatives import (
    INTERESTS,
    SENSITIVE_CONTENT,
    CapRule,
    Creative,
    CreativeCatalogue,
    FrequencyCaps,
)
from edgeagent.messages.targets import CREATIVES_ROLE
from edgeagent.promotion.faults import CreativeFault, creative_fault
from edgeagent.promotion.limits import KEPT_BYTES, LONGEST_SECONDS, least_breadth
from edgeagent.promotion.targets import aims, suited
from edgeagent.promotion.variants import is_variant, variant_faults

__all__ = ["CreativeFault", "asset_path", "catalogue_faults", "require_sound", "target_faults"]

_HIDDEN_CODE = re.compile(r"\d[\d ()/-]{4,}\d|\b(?=\w*\d)(?=\w*[A-Z])[0-9A-Z]{5,}\b")
"""A number to call, or letters and digits to say: seven figures or so, or a word like SAVE20."""
_SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "video/webm": "webm",
}


def asset_path(sha256: str, media_type: str) -> str:
    """Return the path of a creative's file: a function of what is in it alone."""
    return f"{CREATIVES_ROLE}/{sha256}.{_SUFFIXES[media_type]}"


def require_sound(catalogue: CreativeCatalogue) -> None:
    """Raise if a catalogue breaks a rule.

    Raises:
        MalformedMessage: it names the first place and how many more there are.

    """
    faults = list(catalogue_faults(catalogue))
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise MalformedMessage(
            f"CreativeCatalogue: {faults[0]}{more}",
            hint="'model-export creatives check' lists every place",
        )


def catalogue_faults(catalogue: CreativeCatalogue) -> Iterator[CreativeFault]:
    """Yield what is wrong whatever the model."""
    seen: set[str] = set()
    for creative in catalogue.creatives:
        if creative.crid in seen:
            yield creative_fault(creative, "crid", "named twice", "give each its own")
        seen.add(creative.crid)
        yield from _window_faults(creative)
        yield from _cap_faults(creative.crid, "caps", creative.caps)
        yield from _aim_faults(creative)
        yield from _text_faults(creative)
        yield from variant_faults(creative)
        path = asset_path(creative.asset.sha256, creative.asset.media_type)
        if creative.asset.path != path:
            yield creative_fault(
                creative, "asset.path", f"is {creative.asset.path}", f"call it {path}"
            )
    if catalogue.space_id is None and any(each.suits.segments for each in catalogue.creatives):
        yield CreativeFault(
            crid="", field="space_id", what="missing", hint="name the model of the segment numbers"
        )
    yield from _rule_faults(catalogue.cap_rules)
    yield from _code_faults(catalogue.creatives)
    # One file may serve several creatives and is kept once.
    kept = sum(
        {each.asset.sha256: each.asset.length_bytes for each in catalogue.creatives}.values()
    )
    if kept > KEPT_BYTES:
        yield CreativeFault(
            crid="",
            field="creatives",
            what=f"their files have {kept} bytes, a box keeps {KEPT_BYTES}",
            hint="leave some out",
        )


def target_faults(
    catalogue: CreativeCatalogue, *, space_id: str, labels: Sequence[SegmentLabel]
) -> Iterator[CreativeFault]:
    """Yield what is wrong about targets, under one model.

    Args:
        catalogue: of creatives.
        space_id: the model's.
        labels: its segments', in their order.

    """
    if catalogue.space_id not in {None, space_id}:
        yield CreativeFault(
            crid="",
            field="space_id",
            what=f"{catalogue.space_id}, and the model's is {space_id}",
            hint="number the segments by the model that is published",
        )
        return
    for creative in catalogue.creatives:
        yield from _unknown_targets(creative, labels)
        broad, least = len(suited(creative.suits, labels)), least_breadth(len(labels))
        # A variant may be for one segment: who sees it sees the title recommended, too.
        if aims(creative.suits) and broad < least and not is_variant(creative):
            what = f"{broad} of {len(labels)} segments, at least {least} are needed"
            yield creative_fault(creative, "suits", what, "add segments, or aim at nobody")


def _unknown_targets(creative: Creative, labels: Sequence[SegmentLabel]) -> Iterator[CreativeFault]:
    genres = {genre.casefold() for label in labels for genre in label.genres}
    content = {node for label in labels for node in label.iab}
    for number in creative.suits.segments:
        if number >= len(labels):
            yield creative_fault(creative, "suits.segments", f"there is no segment {number}", _TAKE)
        elif labels[number].sensitive:
            what = f"segment {number} is sensitive"
            yield creative_fault(creative, "suits.segments", what, "nothing may be aimed at it")
    for genre in creative.suits.genres:
        if genre.casefold() not in genres:
            yield creative_fault(creative, "suits.genres", f"no segment is called {genre!r}", _TAKE)
    for node in creative.suits.content:
        if node not in content:
            yield creative_fault(creative, "suits.content", f"no segment is of {node}", _TAKE)


_TAKE = "take one of the model's: model-export segments"


def _window_faults(creative: Creative) -> Iterator[CreativeFault]:
    lasts = creative.ends_at - creative.starts_at
    if lasts <= 0:
        yield creative_fault(creative, "ends_at", "not after starts_at", "give a later moment")
    if lasts > LONGEST_SECONDS:
        days = LONGEST_SECONDS // 86_400
        yield creative_fault(
            creative, "ends_at", f"more than {days} days after starts_at", "end earlier"
        )
    if len(set(creative.dayparts)) != len(creative.dayparts):
        yield creative_fault(creative, "dayparts", "one is named twice", "name each once")


def _cap_faults(crid: str, field: str, caps: FrequencyCaps) -> Iterator[CreativeFault]:
    named = (("per_hour", caps.per_hour), ("per_day", caps.per_day), ("per_week", caps.per_week))
    given = [(name, cap) for name, cap in (*named, ("total", caps.total)) if cap is not None]
    for (name, cap), (longer, most) in pairwise(given):
        if cap > most:
            yield CreativeFault(
                crid=crid,
                field=f"{field}.{name}",
                what=f"{cap} can never be reached, {longer} allows {most}",
                hint="lower it, or leave it out",
            )


def _rule_faults(rules: Sequence[CapRule]) -> Iterator[CreativeFault]:
    seen: set[tuple[str, str]] = set()
    for rule in rules:
        place = f"cap_rules, {rule.of} {rule.name!r}"
        if (rule.of, rule.name) in seen:
            yield CreativeFault(crid="", field=place, what="named twice", hint="keep one")
        seen.add((rule.of, rule.name))
        if rule.caps.total is not None:
            # It would count for ever; a box keeps what was shown for 90 days.
            yield CreativeFault(
                crid="", field=f"{place}.total", what="cannot be kept", hint="cap by the week"
            )
        yield from _cap_faults("", place, rule.caps)


def _aim_faults(creative: Creative) -> Iterator[CreativeFault]:
    for node in creative.suits.interests:
        if node not in INTERESTS:
            what = f"{node} is not among {', '.join(INTERESTS)}"
            yield creative_fault(
                creative, "suits.interests", what, "only interests in kinds of film are"
            )
    for node in SENSITIVE_CONTENT.intersection(creative.suits.content):
        hint = "nothing may be aimed at it"
        yield creative_fault(creative, "suits.content", f"{node} is sensitive", hint)


def _text_faults(creative: Creative) -> Iterator[CreativeFault]:
    if not creative.licence.strip():
        yield creative_fault(creative, "licence", "missing", "say by which right it is shown")
    for field, text in (("title", creative.title), ("description", creative.description or "")):
        if (found := _HIDDEN_CODE.search(text)) is not None:
            what = f"{found[0]!r} looks like a code or a number to call"
            yield creative_fault(
                creative, field, what, "it belongs into the field code, and nowhere else"
            )
    if not creative.title.strip():
        yield creative_fault(creative, "title", "missing", "name what is advertised")


def _code_faults(creatives: Sequence[Creative]) -> Iterator[CreativeFault]:
    """Compare the creatives of each advertiser: an answer must not tell which of them was seen."""
    for one, other in combinations(creatives, 2):
        if (
            one.advertiser == other.advertiser
            and one.code != other.code
            and one.suits != other.suits
            and (aims(one.suits) or aims(other.suits))
        ):
            what = f"differs from that of {other.crid!r}, which suits other tastes"
            yield creative_fault(one, "code", what, "give both the same code, or none")
