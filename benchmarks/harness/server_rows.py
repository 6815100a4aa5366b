"""The rows that measure servers under load: hello, echo, idle connections, instructions."""

import contextlib
import os
import tempfile
import time

from harness import processes
from harness.peers import LOAD
from harness.processes import ROUND_FAILURES, Conversation, Failed, Server, cores_of, last_json
from harness.stats import Metric

HTTP_ROWS = {"http_64": (64, 1), "http_256": (256, 1), "http_pipelined": (64, 16)}
IDLE_LEVELS = (100, 1000, 10000)


def under_load(bench, kind):
    """The peers of a row under full load: Rondo on its two backends that are made for it."""
    slow = ("rondo_poll", "rondo_select")
    return [peer for peer in bench.peers if kind in peer.programs and peer.name not in slow]


def start(bench, peer, kind, *options, cores=None):
    log = bench.directory / f"{peer.name}_{kind}.log"
    return Server(peer.command(kind, "--port", "0", *options), log, cores=cores)


def start_all(bench, row, kind, stack, warm_up, only=None):
    """All servers of a row at once, warmed up: no round meets a cold compiler or allocator."""
    servers = {}
    for peer in under_load(bench, kind):
        if only is not None and peer.name not in only:
            continue
        try:
            server = start(bench, peer, kind)
        except ROUND_FAILURES as failure:
            bench.problem(row, peer.name, failure)
            continue
        stack.callback(server.stop)
        servers[peer.name] = server
    for name, server in list(servers.items()):
        bench.progress(row, -1, name)
        try:
            warm_up(server)
        except ROUND_FAILURES as failure:
            bench.problem(row, name, failure)
            del servers[name]
    return servers


def run_load(bench, *words, cores=None):
    command = [*bench.load, *map(str, words)]
    cores = cores or cores_of(processes.LOAD_CORE)
    return last_json(processes.run(command, cores), "the load generator")


def run_wrk(
    port, connections, depth, seconds, cores, scheme="http", path="/hello", close=False
):
    # wrk knows whole seconds only.
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
    command += ["-s", str(LOAD / "wrk.lua"), f"{scheme}://127.0.0.1:{port}{path}"]
    command += ["--", str(depth), *(["close"] if close else [])]
    return last_json(processes.run(command, cores), "wrk")


def warm_up(bench, server):
    run_load(bench, "count", server.port, 16, 20000)


def load_metrics():
    return {
        "rate": Metric("rate", "requests/s"),
        "cpu": Metric("server CPU", "us/request"),
        "p50_us": Metric("p50", "us"),
        "p99_us": Metric("p99", "us"),
        "resident": Metric("resident", "KiB"),
    }


def measure_load(bench, row, servers, generate, beside=None):
    """Rounds of short turns: in each, every server is loaded once, in a new order."""
    metrics = load_metrics()
    for round_number in range(bench.rounds):
        names = list(servers)
        bench.random.shuffle(names)
        for name in names:
            bench.progress(row, round_number, name)
            server = servers[name]
            values = dict.fromkeys(metrics)
            try:
                before = server.cpu_ns()
                told = generate(server.port, bench.seconds)
                used = server.cpu_ns() - before
                if told.get("errors") or not told["requests"]:
                    raise Failed(f"{told.get('errors')} errors in {told['requests']} requests")
                values = {
                    "rate": told["requests"] / told["seconds"],
                    "cpu": used / told["requests"] / 1000,
                    "p50_us": told.get("p50_us"),
                    "p99_us": told.get("p99_us"),
                    "resident": server.resident_kib(),
                }
            except ROUND_FAILURES as failure:
                bench.problem(row, name, failure)
            for key, metric in metrics.items():
                metric.add(name, values[key])
    bench.keep(row, list(metrics.values()), by="server CPU", beside=beside)


def http_rows(bench, rows):
    def generator(connections, depth):
        def generate(port, seconds):
            told = run_wrk(port, connections, depth, seconds, cores_of(processes.LOAD_CORE))
            if depth > 1:  # wrk's correction for omitted requests takes a batch for a stall
                del told["p50_us"], told["p99_us"]
            return told

        return generate

    with contextlib.ExitStack() as stack:
        servers = start_all(bench, rows[0], "http", stack, lambda server: warm_up(bench, server))
        for row in rows:
            measure_load(bench, row, servers, generator(*HTTP_ROWS[row]))


def recorder_row(bench, row):
    """Rondo without a flight recorder, with one, and as it was before there was any."""

    def generate(port, seconds):
        return run_wrk(port, 64, 1, seconds, cores_of(processes.LOAD_CORE))

    off = "rondo_epoll"
    with contextlib.ExitStack() as stack:
        only = (off, "rondo_recorded", "rondo_before")
        warm = lambda server: warm_up(bench, server)
        servers = start_all(bench, row, "http", stack, warm, only)
        measure_load(bench, row, servers, generate, beside=off)


def echo_row(bench, row):
    def generate(port, seconds):
        return run_load(bench, "echo", port, 100, 1024, seconds)

    def warm_up(server):
        generate(server.port, 0.2)

    with contextlib.ExitStack() as stack:
        measure_load(bench, row, start_all(bench, row, "echo", stack, warm_up), generate)


def idle_row(bench, row):
    """Memory of idle connections, and what an event costs beside them; a fresh server each time."""
    memory = Metric("memory", "bytes/idle connection")
    cpu = {n: Metric(f"CPU of an event beside {n:,} idle", "us") for n in IDLE_LEVELS}
    wall = {n: Metric(f"round trip beside {n:,} idle", "us") for n in IDLE_LEVELS}
    pings = 1000 if bench.quick else 5000
    for round_number in range(1 if bench.quick else min(bench.rounds, 3)):
        peers = [peer for peer in bench.peers if "http" in peer.programs]
        bench.random.shuffle(peers)
        for peer in peers:
            bench.progress(row, round_number, peer.name)
            values = {}
            try:
                values = one_idle_round(bench, peer, pings)
            except ROUND_FAILURES as failure:
                bench.problem(row, peer.name, failure)
            memory.add(peer.name, values.get("memory"))
            for n in IDLE_LEVELS:
                cpu[n].add(peer.name, values.get(("cpu", n)))
                wall[n].add(peer.name, values.get(("wall", n)))
    bench.keep(row, [memory, *cpu.values(), *wall.values()], by=None)


def one_idle_round(bench, peer, pings):
    values = {}
    with contextlib.ExitStack() as stack:
        server = start(bench, peer, "http")
        stack.callback(server.stop)
        load = stack.enter_context(Conversation([*bench.load, "idle", str(server.port)]))
        load.ask("ping", 200)
        private = server.private_kib()
        for level in IDLE_LEVELS:
            try:
                load.ask("grow", level)
                if level == IDLE_LEVELS[-1]:
                    values["memory"] = (server.private_kib() - private) * 1024 / level
                before = server.cpu_ns()
                told = load.ask("ping", pings)
            except ROUND_FAILURES as failure:  # select ends at 1,024 descriptors; what came before is kept
                bench.problem("idle", peer.name, f"at {level} connections: {failure}")
                break
            values["cpu", level] = (server.cpu_ns() - before) / pings / 1000
            values["wall", level] = told["ns_per_op"] / 1000
    return values


def instructions_row(bench, row, kind="http", *options):
    """User-space instructions a request, counted by callgrind: a figure without noise."""
    metrics = {1: Metric("one at a time", "instructions/request")}
    metrics[16] = Metric("16 pipelined", "instructions/request")
    for peer in under_load(bench, kind):
        if peer.name in ("node", "nginx") or (peer.interpreted and bench.quick):
            continue  # Node's compiler threads make its count meaningless; nginx begins as a script
        bench.progress(row, 0, peer.name)
        counts = {}
        try:
            batches = 500 if bench.quick else 2000
            counts = instructions(bench, peer, list(metrics), batches, kind, *options)
        except ROUND_FAILURES as failure:
            bench.problem(row, peer.name, failure)
        for depth, metric in metrics.items():
            metric.add(peer.name, counts.get(depth))
    bench.keep(row, list(metrics.values()), by="one at a time")


def without_debug_info(program, folder):
    """A stripped copy: Debian 12's valgrind gives up on the DWARF 5 that clang writes."""
    copy = os.path.join(folder, os.path.basename(program))
    processes.run(["strip", "--strip-debug", "-o", copy, program], cores_of(processes.LOAD_CORE))
    return copy


def instructions(bench, peer, depths, batches, kind, *more):
    """For each depth, the difference of two runs, so that connecting and closing fall out."""
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="rondo-bench-"))
        prefix, profile = f"--vgdb-prefix={scratch}/vgdb", f"{scratch}/profile"
        valgrind = ["valgrind", "--tool=callgrind", prefix, f"--callgrind-out-file={profile}"]
        program, *options = peer.command(kind, "--port", "0", *more)
        if not peer.interpreted:
            program = without_debug_info(program, scratch)
        command = [*valgrind, program, *options]
        log = bench.directory / f"{peer.name}_valgrind.log"
        env = os.environ | {"PYTHONHASHSEED": "0"}
        if kind == "files":
            env["LD_PRELOAD"] = bench.preload
        server = Server(command, log, env=env)
        # Killed, because valgrind holds signals back while the server waits in io_uring_enter.
        stack.callback(server.stop, patience=0)
        dumps = 0

        def count(depth, requests):
            """The instructions since the last dump, after so many more requests."""
            nonlocal dumps
            # One more than a multiple: the generator's first request is by itself.
            run_load(bench, "count", server.port, depth, requests + 1)
            time.sleep(0.1)  # the server sees the end of the connection after the generator does
            dump = ["vgdb", prefix, f"--pid={server.pid}", "dump"]
            processes.run(dump, cores_of(processes.LOAD_CORE))
            dumps += 1
            with open(f"{profile}.{dumps}") as lines:
                return next(int(line.split()[1]) for line in lines if line.startswith("totals:"))

        count(max(depths), 100 * max(depths))  # warms up
        counts = {}
        for depth in depths:
            few, many = depth * batches // 10, depth * batches
            counts[depth] = (count(depth, many) - count(depth, few)) / (many - few)
        return counts
