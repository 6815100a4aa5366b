"""The rows of static files: a folder served over plain HTTP, everything in the page cache."""

import contextlib

from harness import processes
from harness.processes import ROUND_FAILURES, cores_of
from harness.server_rows import instructions_row, measure_load, run_wrk, start

FILE_ROWS = {
    "files_2k": "a static file of 2 KiB at 64 connections",
    "files_10m": "a static file of 10 MB at 4 connections",
    "files_instructions": "user-space instructions per static file of 2 KiB",
}
LOADS = {"files_2k": ("/hello", 64), "files_10m": ("/large", 4)}


def make_folder(bench):
    folder = bench.directory / "files_site"
    folder.mkdir(exist_ok=True)
    # What the load generators ask for, and where they see its end.
    (folder / "hello").write_bytes(b"x" * (2048 - 13) + b"Hello, world!")
    (folder / "large").write_bytes(bytes(range(250)) * 40_000)
    return str(folder)


def generator(path, connections):
    cores = cores_of(processes.LOAD_CORE)
    return lambda port, seconds: run_wrk(port, connections, 1, seconds, cores, path=path)


def file_rows(bench, rows):
    folder = make_folder(bench)
    with contextlib.ExitStack() as stack:
        servers = {}
        for peer in bench.peers if set(rows) & set(LOADS) else ():
            if "files" not in peer.programs:
                continue
            try:
                server = start(bench, peer, "files", folder)
                stack.callback(server.stop)
                run_wrk(server.port, 16, 1, 1, cores_of(processes.LOAD_CORE))
                servers[peer.name] = server
            except ROUND_FAILURES as failure:
                bench.problem(rows[0], peer.name, failure)
        for row in rows:
            if row in LOADS:
                measure_load(bench, row, servers, generator(*LOADS[row]), beside="rondo_epoll")
    if "files_instructions" in rows:
        instructions_row(bench, "files_instructions", "files", folder)
