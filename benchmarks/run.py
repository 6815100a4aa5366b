#!/usr/bin/env python3
"""Runs the comparative benchmarks: the same programs on Rondo and on its peers, in one table.

Progress goes to standard error, the table to standard output and `results.md`, everything with
quartiles to `results.json`. See README.md beside this file for what a row measures and how.
"""

import argparse
import datetime
import json
import pathlib
import random
import resource
import shutil
import signal
import sys
import time

from harness import (
    file_rows,
    machine,
    many_rows,
    peers,
    processes,
    program_rows,
    server_rows,
    tables,
    tls_rows,
)

LIMIT, OURS = "raw_epoll", "rondo"
TITLES = {
    "http_64": "hello at 64 connections",
    "http_256": "hello at 256 connections",
    "http_pipelined": "hello at 64 connections, 16 pipelined",
    "echo_1k": "echo of 1 KiB at 100 connections",
    "idle": "10,000 idle connections, and one event beside them",
    "instructions": "user-space instructions per hello",
    "recorder": "hello at 64 connections, with the flight recorder and without",
    "startup": "start-up and end of an empty program (raw_epoll: an empty C program)",
    "scaling": "tasks of some 10 us of work, 1,000 at a time",
    "http_workers": "hello at 64 connections; server and load share the cores",
    "imbalance": "4 heavy connections among 100 light; server and load share the cores",
}
TITLES |= tls_rows.TLS_ROWS | file_rows.FILE_ROWS
ROWS = tuple(
    dict.fromkeys(
        (*TITLES, *program_rows.MICRO_ROWS, *program_rows.SYSTEM_ROWS, *many_rows.MANY_ROWS, *tls_rows.TLS_ROWS)
    )
)


class Bench:
    """One run: its settings, its peers, and what has been measured so far."""

    def __init__(self, options):
        self.machine = machine.facts("c++")
        self.quick = options.quick
        self.rounds = options.rounds or (2 if options.quick else 7)
        self.seconds = 0.5 if options.quick else 2
        self.seed = options.seed
        self.random = random.Random(options.seed)
        self.directory = options.out
        self.before = options.before
        self.peers = []
        self.load = []
        self.preload = ""
        self.sections = {}  # title: table
        self.rows = {}
        self.problems = []
        self.started = time.time()
        self.load_before = machine.load_average()

    def say(self, text):
        print(f"[{time.time() - self.started:6.1f} s] {text}", file=sys.stderr, flush=True)

    def progress(self, row, round_number, what):
        turn = "warm-up" if round_number < 0 else f"round {round_number + 1}"
        self.say(f"{row}: {turn}, {what}")

    def problem(self, row, peer, failure):
        """Noted and shown at the end; the run goes on."""
        self.say(f"{row}: {peer} failed: {failure}")
        note = f"{row}: {peer}: {failure}"
        if note not in self.problems:
            self.problems.append(note)

    def reference_of(self, name):
        return next((peer.reference for peer in self.peers if peer.name == name), LIMIT)

    def names(self):
        return [peer.name for peer in self.peers]

    def keep(self, row, metrics, by, beside=None):
        """A row with several metrics; `by` names the one whose ratio is shown: to the peer's raw
        loop, or to the peer `beside`."""
        reference_of = (lambda name: beside) if beside else self.reference_of
        ratio = next((each for each in metrics if each.name == by), None)
        table = tables.peers_by_metric(metrics, self.names(), ratio, reference_of)
        self.sections[f"{row}: {TITLES[row]}"] = table
        self.rows[row] = {each.name: each.as_json(reference_of) for each in metrics}
        self.write()

    def keep_operations(self, kind, metrics):
        """The rows of one kind so far, in one table."""
        table = tables.rows_by_peer(metrics, self.names(), LIMIT, OURS)
        title = "files and datagrams" if kind == "system" else "micro rows"
        self.sections[f"{title}: nanoseconds an operation"] = table
        for metric in metrics:
            self.rows[metric.name] = {"time": metric.as_json(self.reference_of)}
        self.write()

    def keep_many(self, metrics):
        """The rows of tasks on many cores so far, in one table."""
        table = tables.rows_by_peer(metrics, self.names(), LIMIT, "rondo_mt")
        self.sections["many cores: nanoseconds an operation"] = table
        for metric in metrics:
            self.rows[metric.name] = {"time": metric.as_json(self.reference_of)}
        self.write()

    def facts(self):
        load = {"load_before": self.load_before, "load_after": machine.load_average()}
        return self.machine | load

    def text(self):
        found = self.facts()
        lines = [
            "# Benchmarks",
            "",
            f"{found['cpu']}, {found['cores']} cores, Linux {found['kernel']}; "
            f"{found['compiler']}.",
            f"{self.rounds} rounds, seed {self.seed}; medians, and medians of the rounds' ratios. "
            f"Load average {found['load_before']} before, {found['load_after']} after.",
            "",
        ]
        versions = [f"{peer.name} {peer.version}" for peer in self.peers if not peer.problem]
        lines += ["Peers: " + ", ".join(versions) + ".", ""]
        lines += [f"Not to be had: {peer.name}: {peer.problem}" for peer in self.lacking()]
        for title, table in self.sections.items():
            lines += ["", f"## {title}", "", table]
        if self.problems:
            lines += ["", "## Failures", "", *(f"- {note}" for note in self.problems)]
        return "\n".join(lines) + "\n"

    def lacking(self):
        return [peer for peer in self.peers if peer.problem]

    def write(self):
        """After every row, so that a run that is broken off leaves what it had."""
        (self.directory / "results.md").write_text(self.text())
        whole = {
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": self.facts(),
            "seed": self.seed,
            "rounds": self.rounds,
            "quick": self.quick,
            "seconds": round(time.time() - self.started),
            "peers": {
                peer.name: {"version": peer.version, "problem": peer.problem or None}
                for peer in self.peers
            },
            "rows": self.rows,
            "problems": self.problems,
        }
        (self.directory / "results.json").write_text(json.dumps(whole, indent=1) + "\n")

    def prepare(self, wanted, rows):
        shop = peers.Workshop(self.directory, self.say, self.before)
        self.load = shop.compile("load", peers.LOAD / "load.c")
        if "files_instructions" in rows:
            shared = ["-shared", "-fPIC"]
            [self.preload] = shop.compile("openat2.so", peers.LOAD / "openat2.c", shared)
        loaded = (*server_rows.HTTP_ROWS, *tls_rows.TLS_ROWS, "http_workers", "recorder")
        loaded += tuple(file_rows.LOADS)
        counted = ["instructions", "files_instructions"]
        for program, needing in (("wrk", loaded), ("valgrind", counted)):
            if shutil.which(program) is None and any(row in needing for row in rows):
                try:
                    shop.packages(program)
                except peers.Unavailable as why:
                    self.problem("all", program, why)
        # The raw loops are the scale, so they are never left out.
        self.peers = peers.gather(shop, [*wanted, "raw"] if wanted else [])
        self.machine = machine.facts(shop.compilers()[1])

    def measure(self, rows):
        http = [row for row in rows if row in server_rows.HTTP_ROWS]
        micro = [row for row in rows if row in program_rows.MICRO_ROWS]
        steps = [(http, lambda: server_rows.http_rows(self, http))]
        single = {
            "echo_1k": server_rows.echo_row,
            "idle": server_rows.idle_row,
            "instructions": server_rows.instructions_row,
            "recorder": server_rows.recorder_row,
            "startup": program_rows.startup_row,
        }
        for row, body in single.items():
            steps.append((row in rows, lambda row=row, body=body: body(self, row)))
        steps.append((micro, lambda: program_rows.micro_rows(self, micro)))
        system = [row for row in rows if row in program_rows.SYSTEM_ROWS]
        steps.append((system, lambda: program_rows.system_rows(self, system)))
        many = [row for row in rows if row in many_rows.MANY_ROWS]
        steps.append((many, lambda: many_rows.many_rows(self, many)))
        tls = [row for row in rows if row in tls_rows.TLS_ROWS]
        steps.append((tls, lambda: tls_rows.tls_rows(self, tls)))
        files = [row for row in rows if row in file_rows.FILE_ROWS]
        steps.append((files, lambda: file_rows.file_rows(self, files)))
        for wanted, step in steps:
            if wanted:
                step()


def parse(arguments):
    def names(text):
        return [name for name in text.replace(",", " ").split() if name]

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=names, action="extend", default=[], metavar="ROW,...")
    parser.add_argument("--peers", type=names, action="extend", default=[], metavar="PEER,...")
    parser.add_argument("--rounds", type=int, help="default 7, or 2 with --quick")
    parser.add_argument("--quick", action="store_true", help="everything in under three minutes")
    parser.add_argument("--out", type=pathlib.Path, default=peers.ROOT / "build" / "bench")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    before = "an older tree's bench_rondo_http, or for static files its rondo, as the peer rondo_before"
    parser.add_argument("--before", type=pathlib.Path, metavar="PROGRAM", help=before)
    parser.add_argument("--list", action="store_true", help="print the rows and the peers")
    options = parser.parse_args(arguments)
    for row in options.only:
        if row not in ROWS:
            parser.error(f"no row is called {row}; there are {', '.join(ROWS)}")
    for name in options.peers:
        if peers.family_of(name) not in peers.FAMILIES:
            parser.error(f"no peer is called {name}; there are {', '.join(peers.FAMILIES)}")
    return options


def main(arguments):
    options = parse(arguments)
    if options.list:
        print("rows: ", *ROWS)
        print("peers:", *peers.FAMILIES)
        return 0
    # A signal unwinds like an exception, so that every server is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    options.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(options)
    rows = [row for row in ROWS if not options.only or row in options.only]
    try:
        bench.prepare(options.peers, rows)
        bench.measure(rows)
    except peers.Unavailable as why:
        bench.say(f"cannot begin: {why}")
        return 1
    finally:
        processes.end_all()
        bench.write()
    print(bench.text(), end="")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
