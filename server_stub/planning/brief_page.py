"""A brief as one page to print: no script, no picture, nothing to load."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from edgeagent.errors import OutputError
from edgeagent.messages.portrait import Standout
from server_stub.aggregation.publication import ONE_ANSWER, SHARE_OF
from server_stub.planning.brief import SegmentBrief

__all__ = ["write_brief_page"]

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$segment</title>
<style>
body { font: 11pt/1.5 system-ui, "DejaVu Sans", sans-serif; max-width: 44rem; margin: 2rem auto;
  padding: 0 1rem; color: #1f2a37; }
th { text-align: left; vertical-align: top; padding-right: 1.5rem; font-weight: 600; }
@page { margin: 2cm; }
</style>
</head>
<body>
<h1>$segment</h1>
<p><strong>$size</strong> $share_of ($interval): $one_answer.
Boxes report if their household consents. $reports reports; noise was added on each box.</p>
<table>
$rows
</table>
<h2>What is not known</h2>
<ul>
$unknown
</ul>
</body>
</html>
""")


def write_brief_page(brief: SegmentBrief, path: Path) -> None:
    """Write the page.

    Raises:
        OutputError: it cannot be written.

    """
    rows = {
        "Genres": _standouts(brief.genres),
        "Decades": _standouts(brief.decades),
        "Themes": _standouts(brief.themes),
        "Carried by": "; ".join(brief.titles),
        "Cohesion": f"{brief.cohesion:.2f}; {brief.own_part:.0%} of what is watched is its own",
        "Beside it": "; ".join(brief.neighbours),
        "IAB": " ".join(brief.iab),
        "Counted with": "; ".join(name for name in brief.group if name != brief.segment),
        "Time of day": _dayparts(brief),
        "On the panel": f"{brief.panel_share:.1%} ± {brief.panel_standard_error:.1%}, "
        f"{brief.panel_people:,} people until {brief.panel_until[:10]}",
    }
    text = _PAGE.substitute(
        segment=escape(brief.segment),
        size=f"{brief.share:.1%}",
        interval=f"{brief.low:.1%} to {brief.high:.1%}, {brief.confidence:.0%}",
        share_of=SHARE_OF,
        one_answer=escape(ONE_ANSWER),
        reports=f"{brief.reports:,}",
        rows="\n".join(
            f"<tr><th scope='row'>{name}</th><td>{escape(value)}</td></tr>"
            for name, value in rows.items()
            if value
        ),
        unknown="\n".join(f"<li>{escape(sentence)}</li>" for sentence in brief.unknown),
    )
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}", hint="choose another --html"
        ) from error


def _dayparts(brief: SegmentBrief) -> str:
    told = (
        f"{one.daypart} {one.share:.1%} ({one.low:.1%} to {one.high:.1%})" for one in brief.dayparts
    )
    return f"of the whole group: {', '.join(told)}; {brief.zone}" if brief.dayparts else ""


def _standouts(values: Iterable[Standout]) -> str:
    return ", ".join(f"{one.value} {one.share:.0%} (× {one.lift:.1f})" for one in values)
