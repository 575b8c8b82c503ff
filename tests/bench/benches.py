"""The benches that the harness runs."""

from __future__ import annotations

from tests.bench.bench import Bench, Ratio

__all__ = ["BENCHES", "bench_named"]

BENCHES: tuple[Bench, ...] = (
    Bench(
        name="cold_start",
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
        shown=(
            ("memory of the dashboard's process", "dashboard_mib", "MiB"),
            ("until its first page", "first_answer_seconds", "s"),
            ("gone after", "gone_after_seconds", "s"),
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
        name="diversity",
        only_named=True,
        ratios=(
            Ratio(
                words="NDCG@10 of a list that is spread as a box spreads it",
                beside="the same list by relevance alone",
                figures=("lists.2.ndcg_at_10", "lists.0.ndcg_at_10"),
            ),
        ),
    ),
    Bench(
        name="engines",
        arguments=("--households", "4000"),
        quick=("--households", "100"),
        only_named=True,
        ratios=(
            Ratio(
                words="fitting 4,000 households with Spark",
                beside="the local engine",
                figures=("sizes.0.spark_seconds", "sizes.0.local_seconds"),
            ),
        ),
    ),
    Bench(
        name="export",
        shown=(
            ("an export", "export_ms", "ms"),
            ("its size", "bytes", "bytes"),
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
        name="fleet",
        shown=(
            ("a million boxes, all report: processor time", "processor_seconds.fleet", "s"),
            ("most memory of 10⁵ boxes", "peak_mib.100000", "MiB"),
            ("of 10⁷", "peak_mib.10000000", "MiB"),
        ),
        arguments=("--memory",),
        quick=("--rounds", "2", "--most", "10"),
        ratios=(
            Ratio(
                words="reports, drawn and summed",
                beside="their random numbers from numpy alone",
                figures=("processor_seconds.reports", "processor_seconds.numpy_for_reports"),
            ),
            Ratio(
                words="a fleet in which all report",
                beside="its random numbers from numpy alone",
                figures=("processor_seconds.fleet", "processor_seconds.numpy_for_fleet"),
            ),
        ),
    ),
    Bench(
        name="footprint",
        shown=(
            ("resident memory at rest", "idle_rss_mib", "MiB"),
            ("most memory of the scoring child", "child_peak_mib", "MiB"),
            ("the child is gone after", "child_gone_after_s", "s"),
            ("processor time at rest", "idle_cpu_percent", "%"),
            ("written at rest", "idle_written_bytes", "bytes"),
            ("an empty call", "empty_call_ms", "ms"),
            ("a viewing, durable", "viewing_ms", "ms"),
            ("the first picks", "first_picks_ms", "ms"),
        ),
        quick=("--events", "2000", "--idle", "30", "--rounds", "50"),
        ratios=(
            Ratio(
                words="resident memory at rest",
                beside="a WebSocket server with one database open",
                figures=("idle_rss_mib", "beside_rss_mib"),
            ),
            Ratio(
                words="a viewing, durable",
                beside="an empty call and one synced write",
                figures=("viewing_ms", "empty_call_and_synced_write_ms"),
            ),
        ),
    ),
    Bench(
        name="guides",
        shown=(("memory that 135,000 programmes more take", "2000_titles.check.more_mib", "MiB"),),
        quick=("--sizes", "500", "1000", "--titles", "2000"),
        ratios=(
            Ratio(
                words="checking a guide of 150,000 programmes",
                beside="its XML parsed and dropped",
                figures=("2000_titles.check.most.seconds", "2000_titles.parser.most.seconds"),
            ),
            Ratio(
                words="time a programme, 150,000",
                beside="of 15,000",
                figures=(
                    "2000_titles.check.most.microseconds_each",
                    "2000_titles.check.least.microseconds_each",
                ),
            ),
        ),
    ),
    Bench(
        name="hostile",
        shown=(
            ("what the crowd costs in memory", "peak_growth_mib", "MiB"),
            ("what unread batches leave behind", "batches_left_mib", "MiB"),
        ),
        quick=("--seconds", "2", "--rounds", "1", "--most", "200"),
        ratios=(
            Ratio(
                words="an empty call beside a hostile crowd",
                beside="on a quiet evening",
                figures=("empty_crowd_here_ms", "empty_alone_ms"),
            ),
            Ratio(
                words="a viewing beside a hostile crowd",
                beside="on a quiet evening",
                figures=("viewing_crowd_here_ms", "viewing_alone_ms"),
            ),
        ),
    ),
    Bench(
        name="ingest",
        shown=(
            ("durable reports", "server.per_second", "a second"),
            ("half are answered within", "server.p50_ms", "ms"),
            ("99 of 100 within", "server.p99_ms", "ms"),
            ("processor time of one", "server.cpu_us", "µs"),
        ),
        quick=("--reports", "200", "--rounds", "1"),
        ratios=(
            Ratio(
                words="processor time of a durable report",
                beside="a Starlette that stores nothing",
                figures=("server.cpu_us", "starlette.cpu_us"),
            ),
            Ratio(
                words="reports a second",
                beside="a Starlette that stores nothing",
                figures=("server.per_second", "starlette.per_second"),
            ),
        ),
    ),
    Bench(
        name="outage",
        shown=(
            ("taken in after an outage", "outage.per_second", "a second"),
            ("lost", "outage.lost", "reports"),
            ("refused by a full disk", "full_disk.refused_by_507", "reports"),
        ),
        quick=("--reports", "400"),
        ratios=(
            Ratio(
                words="processor time of a request, all invalid",
                beside="all valid",
                figures=("invalid.3.cpu_us", "invalid.0.cpu_us"),
            ),
        ),
    ),
    Bench(
        name="privacy",
        quick=("--part", "0.1"),
        ratios=(
            Ratio(
                words="error of Subset Selection, 33 categories, e^ε = 3",
                beside="theory",
                figures=("cases.subset_selection 33 3.rmse", "cases.subset_selection 33 3.theory"),
            ),
        ),
    ),
    Bench(
        name="private",
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
        name="refit",
        quick=("--households", "80", "--seeds", "0", "--before", "0.8"),
        only_named=True,
        ratios=(
            Ratio(
                words="likeness of sessions within a segment after a refit",
                beside="before it",
                figures=("trainings.0.session_cosine", "trainings.0.session_cosine_before"),
            ),
        ),
    ),
    Bench(
        name="scoring",
        shown=(
            ("a request to a warm child", "child_ms", "ms"),
            ("to a cold one", "child_cold_ms", "ms"),
            ("its memory at most", "child_peak_mib", "MiB"),
        ),
        quick=("--titles", "600", "--rounds", "3"),
        ratios=(
            Ratio(
                words="from a window to picks, 10,000 titles, 500 viewings",
                beside="ONNX Runtime alone, scoring and explaining",
                figures=("child_cpu_ms", "bare_runtime_cpu_ms"),
            ),
        ),
    ),
    Bench(
        name="socket",
        shown=(
            ("ten picks", "warm_ms", "ms"),
            ("the first", "cold_ms", "ms"),
            ("processor time of service and child", "warm_cpu_ms", "ms"),
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
        shown=(
            ("size of a viewing", "bytes_per_event", "bytes"),
            ("written for a viewing, alone", "written_bytes_per_single_event", "bytes"),
            (
                "written for a viewing, in batches of 100",
                "written_bytes_per_batched_event",
                "bytes",
            ),
            ("opening", "open_ms", "ms"),
            ("a consent, durable", "consent_ms", "ms"),
        ),
        quick=("--events", "1000"),
        ratios=(
            Ratio(
                words="the last 500 viewings, read",
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
        name="sums",
        shown=(
            ("a million reports by DuckDB", "sizes.0.duckdb.process_seconds", "s"),
            ("by Spark", "sizes.0.spark.process_seconds", "s"),
        ),
        arguments=("--reports", "1000000"),
        quick=("--reports", "20000"),
        only_named=True,
        ratios=(
            Ratio(
                words="a million reports summed by DuckDB, each once",
                beside="bare sums, repeats counted twice",
                figures=(
                    "sizes.0.duckdb.processor_seconds",
                    "sizes.0.bare.processor_seconds",
                ),
            ),
        ),
    ),
    Bench(
        name="timing",
        arguments=("--calls", "3000"),
        quick=("--calls", "500"),
        ratios=(
            Ratio(
                words="how much better than chance time tells a segment",
                beside="of a planted early exit",
                figures=("subset_selection.told_by", "planted_early_exit_at_once.told_by"),
            ),
        ),
    ),
    Bench(
        name="update",
        shown=(
            ("a first update", "first_ms", "ms"),
            ("nothing new", "nothing_new_ms", "ms"),
            ("what is downloaded", "bytes", "bytes"),
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


def bench_named(name: str) -> Bench:
    """Return a bench.

    Raises:
        LookupError: there is none of that name.

    """
    for bench in BENCHES:
        if bench.name == name.removeprefix("bench_"):
            return bench
    message = f"no bench is called {name}; there are {', '.join(b.name for b in BENCHES)}"
    raise LookupError(message)
