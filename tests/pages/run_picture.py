"""The picture of a run in README.md: ``python -m tests.pages.run_picture`` makes it again."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

from edgeagent.cli.simulate import print_summary
from edgeagent.simulator.plan import Options
from edgeagent.simulator.report_page import report_page_steps, write_report_page
from edgeagent.simulator.simulation import simulate
from edgeagent.stage_progress import progress_on

PICTURE = Path(__file__).parents[2] / ".github" / "pictures" / "simulate.svg"
_WIDTH = 92


def main() -> None:
    """Run the main job with its defaults and draw what its terminal shows at the end."""
    with tempfile.TemporaryDirectory() as out:
        options = Options(
            households=None,
            weeks=26,
            fleet=100_000,
            ratings=None,
            seed=1,
            out=Path(out),
            keep=False,
        )
        live = Console(force_terminal=True, width=_WIDTH, stderr=True)
        picture = Console(record=True, width=_WIDTH, force_terminal=True, file=io.StringIO())
        with progress_on(live) as progress:
            simulation = simulate(options, progress)
            progress.stage("Drawing the report page", report_page_steps(simulation))
            page = options.out / "report.html"
            write_report_page(simulation, page, advance=progress.advance)
        picture.print("[bold]$ edgeagent simulate[/bold]")
        picture.print(progress.bars)
        print_summary(picture, simulation, Path("edgeagent-run/report.html"))
    PICTURE.parent.mkdir(exist_ok=True)
    # Without the fonts that the exporter would fetch from the network.
    drawn = re.sub(
        r"@font-face \{.*?\}\s*", "", picture.export_svg(title="edgeagent"), flags=re.DOTALL
    )
    PICTURE.write_text(drawn, "utf-8")


if __name__ == "__main__":
    main()
