"""The rows that run a program from start to end: the micro rows and start-up."""

import contextlib
import json
import pathlib
import tempfile

from harness import processes
from harness.processes import ROUND_FAILURES, cores_of, last_json
from harness.stats import Metric

# Where threads meet, the wall clock counts; on one thread CPU is the better measure (README.md).
ACROSS_THREADS = ("post_one", "post_many", "offload", "offload_many")
MICRO_ROWS = (
    "timer_cancel",
    "timer_fire",
    "timer_churn",
    *ACROSS_THREADS,
    "microtask",
    "task_await",
    "spawn_join",
    "yield",
    "ping_pong",
    "mutex",
    "mpsc_one",
    "mpsc_many",
    "when_all",
    "promise_chain",
    "cancel",
    "process_one",
    "process_many",
)
# What a quick run asks for, where it isn't 100,000 operations.
QUICK_OPERATIONS = {
    "process_one": 500,
    "process_many": 500,
    "file_read_1m": 200,
    "file_write_1m": 200,
}


# Files and datagrams: CPU of all threads, so that the work of pools is counted.
SYSTEM_ROWS = (
    "file_read_4k",
    "file_write_4k",
    "file_read_1m",
    "file_write_1m",
    "file_whole",
    "file_stat",
    "file_walk",
    "udp_one",
    "udp_burst",
)


@contextlib.contextmanager
def files():
    """The folder that the rows of files use; rivals/common/files.h says what is in it."""
    with tempfile.TemporaryDirectory(prefix="rondo-bench-") as name:
        folder = pathlib.Path(name)
        for large in ("large", "scratch"):
            (folder / large).write_bytes(bytes(64 << 20))
        for i in range(100):
            inner = folder / "tree" / f"{i:02}"
            inner.mkdir(parents=True)
            for k in range(100):
                (inner / f"{k:02}").write_bytes(bytes(4096))
        yield folder


def system_rows(bench, rows):
    with files() as folder:
        run_rows(bench, rows, "system", ("--folder", str(folder)))


def micro_rows(bench, rows):
    run_rows(bench, rows, "micro")


def run_rows(bench, rows, kind, options=()):
    metrics = {row: Metric(row, "ns") for row in rows}
    offered = {row: [peer for peer in bench.peers if kind in peer.programs] for row in rows}
    for row in rows:
        # asyncio alone takes seconds a row, so a quick run asks only once.
        for round_number in range(1 if bench.quick else bench.rounds):
            bench.random.shuffle(offered[row])
            for peer in list(offered[row]):
                bench.progress(row, round_number, peer.name)
                try:
                    value = operation(bench, peer, kind, row, options)
                except ROUND_FAILURES as failure:
                    bench.problem(row, peer.name, failure)
                    metrics[row].add(peer.name, None)
                    continue
                if value is None:
                    offered[row].remove(peer)
                else:
                    metrics[row].add(peer.name, value)
        bench.keep_operations(kind, [metrics[each] for each in rows[: rows.index(row) + 1]])


def operation(bench, peer, kind, row, options):
    """Nanoseconds an operation, or None if the peer has no such row."""
    crossing = row in ACROSS_THREADS
    several = crossing or kind == "system"
    cores = cores_of(processes.SERVER_CORE, processes.LOAD_CORE) if several else cores_of(0)
    command = peer.command(kind, "--row", row, *options)
    if bench.quick:
        usual = 10_000 if kind == "system" else 100_000
        command += ["--n", str(QUICK_OPERATIONS.get(row, usual))]
    said = processes.run(command, cores)
    if said is None:
        return None
    told = last_json(said, peer.name)
    return told["ns_per_op" if crossing else "cpu_ns_per_op"]


def startup_row(bench, row):
    metrics = [Metric("wall", "ms"), Metric("CPU", "ms"), Metric("peak resident", "KiB")]
    peers = [peer for peer in bench.peers if "empty" in peer.programs]
    launches = 5 if bench.quick else 20
    for round_number in range(bench.rounds):
        bench.random.shuffle(peers)
        for peer in peers:
            bench.progress(row, round_number, peer.name)
            figures = []
            try:
                command = [*bench.load, "launch", str(launches), *peer.command("empty")]
                figures = json.loads(processes.run(command, cores_of(processes.SERVER_CORE)))
            except ROUND_FAILURES as failure:
                bench.problem(row, peer.name, failure)
            for i, (metric, scale) in enumerate(zip(metrics, (1e6, 1e6, 1))):
                ordered = sorted(figure[i] for figure in figures)
                metric.add(peer.name, ordered[len(ordered) // 2] / scale if ordered else None)
    bench.keep(row, metrics, by="CPU")
