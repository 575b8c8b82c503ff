"""What a box costs: start, memory, time to answer, and what is written."""

from __future__ import annotations

from tests.bench.bench import Bench, Ratio

__all__ = ["BOX_BENCHES"]

_HEADS = ("foldin", "linear", "timescales", "blend")
_TITLES = ("10000", "100000")
_CASES = tuple(f"`{head}`, {int(titles):,} titles" for head in _HEADS for titles in _TITLES)

BOX_BENCHES: tuple[Bench, ...] = (
    Bench(
        name="cold_start",
        seconds=15,
        runs=1,  # medians of 15 starts, in turn
        on_a_page=True,
        shown=(
            ("the service, until it is ready", "service_ms", "ms"),
            ("a command, from start to end", "command_ms", "ms"),
        ),
        quick=("--rounds", "1"),
        ratios=(
            Ratio(
                words="the service, until it is ready",
                beside="importing its libraries",
                figures=("service_ms", "service_libraries_ms"),
            ),
            Ratio(
                words="a command, from start to end",
                beside="importing its libraries",
                figures=("command_ms", "command_libraries_ms"),
            ),
        ),
    ),
    Bench(
        name="dashboard",
        seconds=6,
        on_a_page=True,
        shown=(
            ("memory of the dashboard's process, every page read", "dashboard_mib", "MiB"),
            ("the first page, the start of the process included", "first_answer_seconds", "s"),
        ),
        ratios=(
            Ratio(
                words="memory of the dashboard's process, every page read",
                beside="an interpreter that does nothing",
                figures=("dashboard_mib", "bare_python_mib"),
            ),
        ),
    ),
    Bench(
        name="export",
        seconds=6,
        on_a_page=True,
        shown=(
            ("an export of 20,000 viewings", "export_ms", "ms"),
            ("size of an export of 20,000 viewings", "bytes", "bytes"),
        ),
        quick=("--events", "500", "--rounds", "1"),
        ratios=(
            Ratio(
                words="an export of 20,000 viewings",
                beside="plain SQLite and json.dumps",
                figures=("export_ms", "plain_ms"),
            ),
        ),
    ),
    Bench(
        name="footprint",
        seconds=240,
        runs=1,  # it waits most of the time; its times are medians of 300 calls
        on_a_page=True,
        shown=(
            ("memory of the service at rest", "idle_rss_mib", "MiB"),
            ("of which libraries, which others may share", "idle_libraries_mib", "MiB"),
            ("most memory of the scoring child", "child_peak_mib", "MiB"),
            ("service and child while they score, what they share counted once", "both_mib", "MiB"),
            ("the child is gone after", "child_gone_after_s", "s"),
            ("processor time at rest", "idle_cpu_percent", "% of a core"),
            ("written to disk in a minute at rest", "idle_written_bytes", "bytes"),
            ("the first picks, the start of the child included", "first_picks_ms", "ms"),
            ("an empty call over the socket", "empty_call_ms", "ms"),
            ("a viewing over the socket, durable", "viewing_ms", "ms"),
        ),
        arguments=("--idle", "70"),
        quick=("--events", "2000", "--idle", "30", "--rounds", "50"),
        ratios=(
            Ratio(
                words="memory of the service at rest",
                beside="a WebSocket server with one database open",
                figures=("idle_rss_mib", "beside_rss_mib"),
            ),
            Ratio(
                words="a viewing over the socket, durable",
                beside="an empty call and one synced write",
                figures=("viewing_ms", "empty_call_and_synced_write_ms"),
            ),
        ),
    ),
    Bench(
        name="hostile",
        seconds=46,
        runs=1,  # three rounds of its own
        on_a_page=True,
        shown=(
            ("memory that the crowd costs", "peak_growth_mib", "MiB"),
            ("memory that unread batches take while they wait", "batches_held_mib", "MiB"),
            ("memory that they leave behind", "batches_left_mib", "MiB"),
        ),
        arguments=("--seconds", "4"),
        quick=("--seconds", "2", "--rounds", "1", "--most", "200"),
        ratios=(
            Ratio(
                words="an empty call beside a hostile crowd",
                beside="that of a quiet evening",
                figures=("empty_crowd_here_ms", "empty_alone_ms"),
            ),
            Ratio(
                words="a viewing beside a hostile crowd",
                beside="that of a quiet evening",
                figures=("viewing_crowd_here_ms", "viewing_alone_ms"),
            ),
        ),
    ),
    Bench(
        name="private",
        seconds=80,
        runs=1,  # four rounds of its own, in which states take turns
        on_a_page=True,
        shown=(
            (
                "a viewing in a private session takes longer than a stored one in",
                "one_private_longer_percent",
                "% of pairs",
            ),
            ("a mark of playback does in", "mark_private_longer_percent", "% of pairs"),
            (
                "an answer on a second connection, asked for beside it, does in",
                "probe_private_longer_percent",
                "% of pairs",
            ),
        ),
        arguments=("--rounds", "4"),
        quick=("--rounds", "1", "--calls", "4"),
        ratios=(
            Ratio(
                words="a viewing told in a private session",
                beside="one that is stored",
                figures=("one_private_median_ms", "one_stored_median_ms"),
            ),
        ),
    ),
    Bench(
        name="scoring",
        seconds=45,
        runs=1,  # medians of 50 rounds, in which all take turns
        on_a_page=True,
        arguments=("--head", *_HEADS, "--titles", *_TITLES, "--rounds", "50"),
        quick=("--head", *_HEADS, "--titles", "600", "1200", "--rounds", "2"),
        shown=tuple(
            shown
            for place, case in enumerate(_CASES)
            for shown in (
                (f"ten picks, {case}: processor time", f"cases.{place}.child_cpu_ms", "ms"),
                (f"ten picks, {case}: memory", f"cases.{place}.child_peak_after_mib", "MiB"),
            )
        ),
        ratios=tuple(
            Ratio(
                words=f"ten picks, {case}: processor time",
                beside="ONNX Runtime alone",
                figures=(f"cases.{place}.child_cpu_ms", f"cases.{place}.bare_runtime_cpu_ms"),
            )
            for place, case in enumerate(_CASES)
        ),
    ),
    Bench(
        name="socket",
        seconds=6,
        on_a_page=True,
        shown=(
            ("ten picks over the socket", "warm_ms", "ms"),
            ("the first ten, the start of the child included", "cold_ms", "ms"),
            ("processor time of service and child for ten picks", "warm_cpu_ms", "ms"),
        ),
        quick=("--titles", "1000", "--rounds", "3"),
        ratios=(
            Ratio(
                words="ten picks over the socket",
                beside="an empty call",
                figures=("warm_ms", "empty_call_ms"),
            ),
        ),
    ),
    Bench(
        name="store",
        seconds=18,
        on_a_page=True,
        shown=(
            ("size of a viewing among 100,000", "bytes_per_event", "bytes"),
            ("written for a viewing, alone", "written_bytes_per_single_event", "bytes"),
            (
                "written for a viewing, in batches of 100",
                "written_bytes_per_batched_event",
                "bytes",
            ),
            ("opening the history", "open_ms", "ms"),
            ("a consent, durable", "consent_ms", "ms"),
        ),
        quick=("--events", "1000"),
        ratios=(
            Ratio(
                words="the last 500 viewings of 100,000, read",
                beside="plain SQLite",
                figures=("last_500_ms", "plain_last_500_ms"),
            ),
            Ratio(
                words="one durable commit",
                beside="plain SQLite",
                figures=("commit_ms", "plain_commit_ms"),
            ),
        ),
    ),
    Bench(
        name="timing",
        seconds=20,
        runs=1,  # 3,000 calls a category, in turn
        on_a_page=True,
        arguments=("--calls", "3000"),
        quick=("--calls", "200"),
        shown=(
            ("drawing and encoding a report", "subset_selection.median_us", "µs"),
            (
                "the category told best takes longer than another in",
                "subset_selection.longer_percent",
                "% of pairs",
            ),
            (
                "a planted early exit takes longer in",
                "planted_early_exit_at_once.longer_percent",
                "% of pairs",
            ),
        ),
        ratios=(
            Ratio(
                words="how much better than chance time tells a category",
                beside="that of a planted early exit",
                figures=("subset_selection.told_by", "planted_early_exit_at_once.told_by"),
            ),
        ),
    ),
    Bench(
        name="update",
        seconds=20,
        runs=1,  # medians of five boxes; most of the time goes into what they download
        on_a_page=True,
        shown=(
            ("a first update, verified and installed", "first_ms", "ms"),
            ("an update that finds nothing new", "nothing_new_ms", "ms"),
            ("what a first update downloads", "bytes", "bytes"),
            ("memory of the process that fetches, at most", "fetcher_peak_mib", "MiB"),
        ),
        quick=("--titles", "300", "--rounds", "1"),
        ratios=(
            Ratio(
                words="a first update, verified and installed",
                beside="downloading and hashing the same files",
                figures=("first_ms", "download_ms"),
            ),
            Ratio(
                words="an update that finds nothing new",
                beside="downloading and hashing all files",
                figures=("nothing_new_ms", "download_ms"),
            ),
        ),
    ),
)
