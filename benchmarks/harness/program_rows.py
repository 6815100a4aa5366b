"""The rows that run a program from start to end: the micro rows and start-up."""

import json

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
QUICK_OPERATIONS = {"process_one": 500, "process_many": 500}


def micro_rows(bench, rows):
    metrics = {row: Metric(row, "ns") for row in rows}
    offered = {row: [peer for peer in bench.peers if "micro" in peer.programs] for row in rows}
    for row in rows:
        # asyncio alone takes seconds a row, so a quick run asks only once.
        for round_number in range(1 if bench.quick else bench.rounds):
            bench.random.shuffle(offered[row])
            for peer in list(offered[row]):
                bench.progress(row, round_number, peer.name)
                try:
                    value = micro(bench, peer, row)
                except ROUND_FAILURES as failure:
                    bench.problem(row, peer.name, failure)
                    metrics[row].add(peer.name, None)
                    continue
                if value is None:
                    offered[row].remove(peer)
                else:
                    metrics[row].add(peer.name, value)
        bench.keep_micro([metrics[each] for each in rows[: rows.index(row) + 1]])


def micro(bench, peer, row):
    """Nanoseconds an operation, or None if the peer has no such row."""
    crossing = row in ACROSS_THREADS
    cores = cores_of(processes.SERVER_CORE, processes.LOAD_CORE) if crossing else cores_of(0)
    command = peer.command("micro", "--row", row)
    if bench.quick:
        command += ["--n", str(QUICK_OPERATIONS.get(row, 100_000))]
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
