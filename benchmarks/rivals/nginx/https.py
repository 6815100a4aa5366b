#!/usr/bin/env python3
"""nginx as a server of this harness: one process in the foreground, its port told at the start."""

import argparse
import os
import pathlib
import socket
import tempfile
import time

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder};
  proxy_temp_path {folder};
  fastcgi_temp_path {folder};
  uwsgi_temp_path {folder};
  scgi_temp_path {folder};
  server {{
    root {root};
    {listening}
  }}
}}
"""
PLAIN = "listen 127.0.0.1:{port};"
SECURE = """listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:all:10m;
    location = /hello {{ default_type text/plain; return 200 "Hello, World!\\n"; }}"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tell_when_it_listens(port):
    """For at most ten seconds; the harness hears no port then, and gives up."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return print(f"listening {port}", flush=True)
        time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=pathlib.Path)
    for name in ("--tls-cert", "--tls-key"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--port", help="ignored: a free one is taken")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="nginx-bench-")
    port = free_port()
    file = pathlib.Path(folder) / "nginx.conf"
    listening = PLAIN.format(port=port)
    if options.tls_cert is not None:
        certificate, key = options.tls_cert.resolve(), options.tls_key.resolve()
        listening = SECURE.format(port=port, certificate=certificate, key=key)
    root = options.root.resolve()
    file.write_text(CONFIGURATION.format(folder=folder, root=root, listening=listening))
    if os.fork() == 0:
        tell_when_it_listens(port)
        os._exit(0)
    os.execvp("nginx", ["nginx", "-p", folder, "-c", str(file)])


if __name__ == "__main__":
    main()
