"""An estimate as a table, for people."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from server_stub.aggregation.publication import (
    MIN_PUBLISHABLE_REPORTS,
    ONE_ANSWER,
    SHARE_OF,
    AudienceEstimate,
    SegmentEstimate,
)

__all__ = ["notes_on", "table_of", "too_few"]

_BAR = 20  # characters of the longest


def too_few(result: AudienceEstimate) -> str:
    """Return the sentence that stands instead of numbers, or before them."""
    width = result.max_half_width
    widest = f"{100 * width:.1f} points" if result.unit == "share" else f"{width:.2f} sessions"
    return (
        f"Too few reports to say anything: {result.reports:,} of {MIN_PUBLISHABLE_REPORTS:,}. "
        f"The widest interval is ± {widest}{'' if result.segments else '; --raw shows them all'}."
    )


def table_of(result: AudienceEstimate) -> Table:
    """Return the estimate as a table, largest segment first."""
    table = Table(title=_title(result))
    table.add_column("segment")
    intervals = f"{result.confidence:.0%} {'joint ' if result.simultaneous else ''}interval"
    columns = ["share", intervals] if result.unit == "share" else ["mean", intervals, "share*"]
    for column in columns:
        table.add_column(column, justify="right")
    table.add_column("chart")
    largest = max(segment.display_share for segment in result.segments)
    for segment in sorted(result.segments, key=lambda segment: -segment.value):
        table.add_row(
            Text(segment.name),  # Text: a name is never parsed as markup
            *_numbers(segment, result),
            "█" * round(_BAR * segment.display_share / largest),
        )
    return table


def notes_on(result: AudienceEstimate) -> tuple[str, ...]:
    """Return the notes to print under the table."""
    notes = [f"Not for publication: {reason}." for reason in result.withheld_because]
    if result.shares_are_ratios and result.segments:
        notes.insert(0, "* a ratio of two estimates: not unbiased, and without an interval.")
    if result.unit == "share":
        notes.insert(0, f"{ONE_ANSWER[0].upper()}{ONE_ANSWER[1:]}.")
    return tuple(notes)


def _title(result: AudienceEstimate) -> str:
    what = f"Share {SHARE_OF}" if result.unit == "share" else "Sessions a box and week"
    weeks = "1 week" if len(result.weeks) == 1 else f"{len(result.weeks)} weeks"
    state = "final" if result.final else "provisional"
    return f"{what}, {result.reports:,} reports on {weeks}, {state}"


def _numbers(segment: SegmentEstimate, result: AudienceEstimate) -> tuple[str, ...]:
    if result.unit == "share":
        return f"{segment.value:.1%}", f"{segment.low:.1%} to {segment.high:.1%}"
    interval = f"{segment.low:.3f} to {segment.high:.3f}"
    return f"{segment.value:.3f}", interval, f"{segment.share:.1%}"
