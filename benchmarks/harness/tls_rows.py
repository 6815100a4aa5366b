"""The rows over TLS: a request on a connection that is there, new connections, and much at once."""

import contextlib
import re
import time

from harness import processes
from harness.processes import ROUND_FAILURES, Failed, cores_of
from harness.server_rows import measure_load, run_wrk, start

TLS_ROWS = {
    "https_64": "HTTPS: hello at 64 connections",
    "https_resumed": "HTTPS: a resumed session and a hello for each of 64 connections at a time",
    "tls_handshakes": "TLS: full handshakes, one at a time",
    "https_1m": "HTTPS: a file of 1 MiB at 8 connections",
}
FILE_BYTES = 1 << 20


def make_site(bench):
    """A folder with the file, and a certificate for localhost."""
    site = bench.directory / "tls_site"
    site.mkdir(exist_ok=True)
    (site / "blob").write_bytes(bytes(range(256)) * (FILE_BYTES // 256))
    certificate, key = bench.directory / "tls_cert.pem", bench.directory / "tls_key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "30", "-subj", "/CN=localhost"]
    processes.run([*command, "-keyout", str(key), "-out", str(certificate)], cores_of(0, 1))
    return [str(site), "--tls-cert", str(certificate), "--tls-key", str(key)]


def run_handshakes(port, seconds):
    """openssl's own client: as many full handshakes as one after the other can be."""
    command = ["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-tls1_3"]
    command += ["-time", str(max(1, round(seconds)))]
    begun = time.monotonic()
    told = processes.run(command, cores_of(processes.LOAD_CORE))
    found = re.search(r"(\d+) connections in (\d+) real seconds", told)
    if not found:
        raise Failed("openssl s_time counted nothing")
    return {"requests": int(found[1]), "seconds": time.monotonic() - begun}


def generator(row):
    cores = cores_of(processes.LOAD_CORE)
    if row == "https_64":
        return lambda port, seconds: run_wrk(port, 64, 1, seconds, cores, scheme="https")
    if row == "https_resumed":
        return lambda port, seconds: run_wrk(port, 64, 1, seconds, cores, "https", close=True)
    if row == "https_1m":
        return lambda port, seconds: run_wrk(port, 8, 1, seconds, cores, "https", "/blob")
    return run_handshakes


def tls_rows(bench, rows):
    site = make_site(bench)
    with contextlib.ExitStack() as stack:
        servers = {}
        for peer in bench.peers:
            if "https" not in peer.programs:
                continue
            try:
                server = start(bench, peer, "https", *site)
                stack.callback(server.stop)
                run_wrk(server.port, 16, 1, 1, cores_of(processes.LOAD_CORE), scheme="https")
                servers[peer.name] = server
            except ROUND_FAILURES as failure:
                bench.problem(rows[0], peer.name, failure)
        for row in rows:
            measure_load(bench, row, servers, generator(row), beside="nginx")
