"""The hello server on asyncio, in its fastest form: a protocol with callbacks."""

import asyncio

from common import HELLO, run, serve


class Session(asyncio.Protocol):
    __slots__ = ("transport", "tail")

    def connection_made(self, transport):
        self.transport = transport
        self.tail = b""

    def data_received(self, data):
        if self.tail:
            data = self.tail + data
        owed = data.count(b"\r\n\r\n")
        if owed:
            self.transport.write(HELLO * owed if owed > 1 else HELLO)
        self.tail = b"" if data.endswith(b"\r\n\r\n") else data[-3:]


run(serve(Session))
