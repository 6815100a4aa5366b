"""What the asyncio programs share; the twin of common/bench.h, and no part of what is measured."""

import asyncio
import json
import sys
import time

EXIT_NO_SUCH_ROW = 64  # the driver shows a dash for it, not a failure
HELLO = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"


def option(name, default=""):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


def run(main):
    """Runs on asyncio's own loop, or on uvloop's with `--backend uvloop`."""
    if option("--backend") == "uvloop":
        import uvloop

        return uvloop.run(main)
    return asyncio.run(main)


async def serve(protocol):
    loop = asyncio.get_running_loop()
    port = int(option("--port", "0"))
    server = await loop.create_server(protocol, "127.0.0.1", port, backlog=4096)
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Watch:
    """Elapsed time of stretches of work: wall clock, and CPU of the whole process."""

    wall_ns = 0
    cpu_ns = 0

    def start(self):
        self.wall_ns -= time.monotonic_ns()
        self.cpu_ns -= time.process_time_ns()

    def stop(self):
        self.cpu_ns += time.process_time_ns()
        self.wall_ns += time.monotonic_ns()

    def report(self, row, ops):
        line = {"row": row, "ns_per_op": self.wall_ns / ops, "cpu_ns_per_op": self.cpu_ns / ops}
        print(json.dumps(line | {"ops": ops}), flush=True)


def spread(i, modulus):
    """Due times of the timer rows: every rival computes the same sequence."""
    return 1 + (i * 2654435761 & 0xFFFFFFFF) % modulus
