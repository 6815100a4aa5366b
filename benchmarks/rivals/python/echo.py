"""The echo server on asyncio, in its fastest form: a protocol with callbacks."""

import asyncio

from common import run, serve


class Session(asyncio.Protocol):
    __slots__ = ("transport",)

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


run(serve(Session))
