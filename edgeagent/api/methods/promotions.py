"""``EdgeAgent``: promos and ads, chosen on this box; nothing about them is ever reported."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import asdict

from edgeagent.api.call import Call
from edgeagent.api.caller import Caller
from edgeagent.api.method import own
from edgeagent.api.methods.picks import ProfileParams
from edgeagent.errors import InputError
from edgeagent.messages.answers.history import Changed
from edgeagent.messages.answers.picks import SegmentShape
from edgeagent.messages.answers.promotions import (
    ChoiceShape,
    ChosenCreativeShape,
    CreativeFileShape,
    CreativeMarkShape,
    CreativeReasonShape,
    CreativeShape,
    ListedCreativeShape,
    PromotionsShape,
    ShowingShape,
)
from edgeagent.messages.codec import Shape
from edgeagent.messages.creative_names import (
    CREATIVE_FILE_CAP_BYTES,
    CreativeId,
    PartyName,
    PlacementName,
)
from edgeagent.messages.fields import EntityId, ProfileName, ShortText
from edgeagent.promotion.context import OnScreen
from edgeagent.promotion.limits import MOST_AT_ONCE
from edgeagent.regular_file import read_regular

__all__ = ["METHODS"]


class ChooseParams(Shape, frozen=True, kw_only=True):
    """A place on the screen."""

    placement: PlacementName
    """Its name, as the catalogue of creatives has it."""
    number: Annotated[int, Meta(ge=1, le=MOST_AT_ONCE)] = 1
    """Most creatives in the answer."""
    profile: ProfileName | None = None
    """For whom; the active profile unless given. Apps cannot name one."""
    entity_id: EntityId | None = None
    """The title that is on the screen; only used where no taste may be."""
    genre: ShortText | None = None
    """Its genre, where the title is not in the catalogue; used in the same way."""


class CreativeParams(Shape, frozen=True, kw_only=True):
    """A creative, for a profile."""

    crid: CreativeId
    """Which."""
    profile: ProfileName | None = None
    """For whom; the active profile unless given. Apps cannot name one."""


class HideCreativeParams(Shape, frozen=True, kw_only=True):
    """What a profile does not want to see."""

    what: Literal["creative", "advertiser", "category"]
    """The kind of name that follows."""
    name: PartyName
    """A ``crid``, an ``advertiser`` or a ``cat`` of the catalogue."""
    profile: ProfileName | None = None
    """Who does not; the active profile unless given."""


def _choose(call: Call, params: ChooseParams) -> ChoiceShape:
    """Choose what a placement holds; an app's answer depends on the context alone."""
    chosen = call.agent.promotions.choose(
        params.placement,
        number=params.number,
        profile=_profile(call, params.profile),
        app=_app(call),
        on_screen=OnScreen(entity_id=params.entity_id, genre=params.genre),
    )
    return ChoiceShape(
        placement=params.placement,
        creatives=tuple(
            ChosenCreativeShape(
                **asdict(_creative(item.creative)),
                by=item.by,
                file=str(item.file),
                media_type=item.creative.asset.media_type,
                until=item.until,
            )
            for item in chosen
        ),
    )


def _shown(call: Call, params: CreativeParams) -> None:
    """Confirm that a creative was really on the screen; from then on it counts for its caps."""
    profile = _profile(call, params.profile)
    call.agent.promotions.shown(params.crid, profile=profile, app=_app(call))


def _file(call: Call, params: CreativeParams) -> CreativeFileShape:
    """Return the picture of a creative, for clients that cannot read the box's files."""
    path = call.agent.promotions.file_of(params.crid)
    return CreativeFileShape(
        media_type=_MEDIA_TYPES[path.suffix],
        data=read_regular(path, cap_bytes=CREATIVE_FILE_CAP_BYTES),
    )


_MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".webm": "video/webm",
}


def _why(call: Call, params: CreativeParams) -> CreativeReasonShape:
    """Return what speaks for a creative: segments of the profile, and the titles behind them."""
    profile = call.profile(params.profile)
    reason = call.agent.promotions.why(params.crid, profile=profile)
    return CreativeReasonShape(
        creative=_creative(reason.creative),
        factor=reason.factor,
        segments=tuple(
            SegmentShape(
                id=each.number, probability=each.probability, reasons=(), **asdict(each.label)
            )
            for each in reason.segments
        ),
        titles=reason.titles,
    )


def _promotions(call: Call, params: ProfileParams) -> PromotionsShape:
    """Return all creatives on this box, what a profile was shown, and what it has hidden."""
    profile, promotions = call.profile(params.profile), call.agent.promotions
    return PromotionsShape(
        profile=profile,
        creatives=tuple(
            ListedCreativeShape(
                **asdict(_creative(item.creative)),
                why_not=item.why_not,
                shown=item.shown,
                last_shown_at=item.last_shown_at,
            )
            for item in promotions.listed(profile=profile)
        ),
        shown=tuple(
            ShowingShape(
                crid=showing.crid,
                advertiser=showing.advertiser,
                cat=showing.cat,
                placement=showing.placement,
                shown_at=showing.shown.at,
            )
            for showing in promotions.log(profile=profile)
        ),
        hidden=tuple(map(CreativeMarkShape.of, promotions.hidden(profile=profile))),
    )


def _hide(call: Call, params: HideCreativeParams) -> None:
    """Never show a creative, an advertiser or a category to a profile again."""
    profile = call.profile(params.profile)
    call.agent.promotions.hide(params.what, params.name, profile=profile)


def _unhide(call: Call, params: HideCreativeParams) -> Changed:
    """Undo ``hideCreative``."""
    profile = call.profile(params.profile)
    changed = call.agent.promotions.unhide(params.what, params.name, profile=profile)
    return Changed(changed=changed)


def _creative(creative: object) -> CreativeShape:
    return CreativeShape.of(creative)


def _app(call: Call) -> str | None:
    """Return what tells one app from another; ``None`` for managers."""
    return call.peer or "unknown" if call.caller is Caller.APP else None


def _profile(call: Call, named: str | None) -> str:
    """Return the profile that a caller may mean.

    Raises:
        InputError: an app names one.

    """
    if named is not None and call.caller is Caller.APP:
        raise InputError(
            "an app cannot choose for a profile that it names",
            hint="leave profile out: the active one is meant",
        )
    return call.profile(named)


METHODS = (
    own("choose", _choose, ChooseParams, result_name="choice", caller=Caller.APP),
    own("shown", _shown, CreativeParams, caller=Caller.APP),
    own("creativeFile", _file, CreativeParams, result_name="file", caller=Caller.APP),
    own("whyCreative", _why, CreativeParams, result_name="reason"),
    own("promotions", _promotions, ProfileParams, result_name="promotions"),
    own("hideCreative", _hide, HideCreativeParams),
    own("unhideCreative", _unhide, HideCreativeParams),
)
