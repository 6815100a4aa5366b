"""The rows of many cores: tasks on several workers, and servers with several workers.

Programs and load share all cores here, so read the CPU beside the wall clock.
"""

import contextlib
import os

from harness import processes
from harness.processes import ROUND_FAILURES, Failed, last_json
from harness.server_rows import run_load, run_wrk, start, warm_up
from harness.stats import Metric

TASK_ROWS = (
    "spawn_outside",
    "spawn_storm",
    "chained_spawn",
    "yield_many",
    "ping_pong_many",
    "mpsc_across",
)
SERVER_ROWS = ("http_workers", "imbalance")
MANY_ROWS = (*TASK_ROWS, "scaling", *SERVER_ROWS)

LIGHT, HEAVY = 100, 4  # connections of the row `imbalance`, and requests a second on each
LIGHT_RATE, HEAVY_RATE = 50, 75


def worker_counts():
    """1, 2, 4 and so on, and last as many as the machine has cores."""
    cores = len(os.sched_getaffinity(0))
    return [count for count in (1 << k for k in range(10)) if count < cores] + [cores]


def named(workers, what):
    return f"{workers} worker{'' if workers == 1 else 's'}: {what}"


def run_tasks(bench, peer, row, workers):
    """What the program told, or None if it has no such row."""
    command = peer.command("many", "--row", row, "--workers", str(workers))
    if bench.quick:
        command += ["--n", "10000" if row == "scaling" else "100000"]
    said = processes.run(command, os.sched_getaffinity(0))
    return None if said is None else last_json(said, peer.name)


def in_turns(bench, row, kind, measure):
    """Each round asks every peer once, in a new order; measure says if the peer has the row."""
    offered = [peer for peer in bench.peers if kind in peer.programs]
    for round_number in range(1 if bench.quick else bench.rounds):
        bench.random.shuffle(offered)
        for peer in list(offered):
            bench.progress(row, round_number, peer.name)
            if not measure(peer):
                offered.remove(peer)


def task_row(bench, row):
    """CPU on one worker, where it is the better measure; wall clock and CPU on all cores."""
    most = worker_counts()[-1]
    metrics = [Metric(f"{row}, {named(1, 'CPU')}", "ns")]
    if most > 1:
        metrics.append(Metric(f"{row}, {named(most, 'wall')}", "ns"))
        metrics.append(Metric(f"{row}, {named(most, 'CPU')}", "ns"))

    def measure(peer):
        values = [None] * 3
        try:
            for workers in sorted({1, most}):
                told = run_tasks(bench, peer, row, workers)
                if told is None:
                    return False
                if workers == 1:
                    values[0] = told["cpu_ns_per_op"]
                else:
                    values[1:] = told["ns_per_op"], told["cpu_ns_per_op"]
        except ROUND_FAILURES as failure:
            bench.problem(row, peer.name, failure)
        for metric, value in zip(metrics, values):
            metric.add(peer.name, value)
        return True

    in_turns(bench, row, "many", measure)
    return metrics


def scaling_row(bench, row):
    """The same work on 1 worker and on more, and by how much it was faster."""
    counts = worker_counts()
    wall = {count: Metric(named(count, "wall"), "ns") for count in counts}
    speed = {count: Metric(named(count, "speed-up"), "times") for count in counts[1:]}

    def measure(peer):
        found = dict.fromkeys(counts)
        try:
            for workers in counts:
                told = run_tasks(bench, peer, row, workers)
                if told is None:
                    return False
                found[workers] = told["ns_per_op"]
        except ROUND_FAILURES as failure:
            bench.problem(row, peer.name, failure)
        for count, metric in wall.items():
            metric.add(peer.name, found[count])
        for count, metric in speed.items():
            whole = found[1] and found[count]
            metric.add(peer.name, found[1] / found[count] if whole else None)
        return True

    in_turns(bench, row, "many", measure)
    bench.keep(row, [*wall.values(), *speed.values()], by=None)


@contextlib.contextmanager
def serving(bench, peer, workers):
    """One server with so many workers, on all cores, while the block lasts."""
    cores = os.sched_getaffinity(0)
    server = start(bench, peer, "many_http", "--workers", str(workers), cores=cores)
    try:
        warm_up(bench, server)
        yield server
    finally:
        server.stop()


def loaded(server, generate):
    """What the load told, and the server's CPU in nanoseconds."""
    before = server.cpu_ns()
    told = generate()
    used = server.cpu_ns() - before
    if told.get("errors") or not told["requests"]:
        raise Failed(f"{told.get('errors')} errors in {told['requests']} requests")
    return told, used


def http_row(bench, row):
    """Hello at 64 connections on 1 worker and on more; each server runs alone."""
    counts = worker_counts()
    cores = os.sched_getaffinity(0)
    units = {"rate": "requests/s", "CPU": "us/request", "p99": "us"}
    metrics = {(c, what): Metric(named(c, what), units[what]) for what in units for c in counts}

    def measure(peer):
        values = {}
        for count in counts:
            try:
                with serving(bench, peer, count) as server:
                    told, used = loaded(
                        server, lambda: run_wrk(server.port, 64, 1, bench.seconds, cores)
                    )
            except ROUND_FAILURES as failure:
                bench.problem(row, peer.name, failure)
                continue
            values[count, "rate"] = told["requests"] / told["seconds"]
            values[count, "CPU"] = used / told["requests"] / 1000
            values[count, "p99"] = told["p99_us"]
        for key, metric in metrics.items():
            metric.add(peer.name, values.get(key))
        return True

    in_turns(bench, row, "many_http", measure)
    bench.keep(row, list(metrics.values()), by=named(counts[-1], "CPU"))


def imbalance_row(bench, row):
    """A few connections with heavy requests among many with light ones; a worker a core."""
    cores = os.sched_getaffinity(0)
    metrics = {
        ("light", "p50_us"): Metric("light p50", "us"),
        ("light", "p99_us"): Metric("light p99", "us"),
        ("light", "p999_us"): Metric("light p99.9", "us"),
        ("heavy", "p99_us"): Metric("heavy p99", "us"),
        "used": Metric("server CPU", "% of a core"),
        ("light", "rate"): Metric("light, as fast as it goes", "requests/s"),
        ("heavy", "rate"): Metric("heavy beside it", "requests/s"),
    }

    def measure(peer):
        values = {}
        try:
            with serving(bench, peer, worker_counts()[-1]) as server:

                def generate(light_rate, heavy_rate):
                    words = "mixed", server.port, LIGHT, HEAVY, light_rate, heavy_rate
                    return run_load(bench, *words, bench.seconds, cores=cores)

                told, used = loaded(server, lambda: generate(LIGHT_RATE, HEAVY_RATE))
                values["used"] = used / told["seconds"] / 1e7
                for key in list(metrics)[:4]:
                    values[key] = told[key[0]][key[1]]
                told, _ = loaded(server, lambda: generate(0, 0))
                for kind in ("light", "heavy"):
                    values[kind, "rate"] = told[kind]["rate"]
        except ROUND_FAILURES as failure:
            bench.problem(row, peer.name, failure)
        for key, metric in metrics.items():
            metric.add(peer.name, values.get(key))
        return True

    in_turns(bench, row, "many_http", measure)
    bench.keep(row, list(metrics.values()), by=None)


def many_rows(bench, rows):
    metrics = []
    for row in (row for row in TASK_ROWS if row in rows):
        metrics += task_row(bench, row)
        bench.keep_many(metrics)
    bodies = {"scaling": scaling_row, "http_workers": http_row, "imbalance": imbalance_row}
    for row, body in bodies.items():
        if row in rows:
            body(bench, row)
