"""An empty program on asyncio: the loop runs an empty coroutine."""

from common import run


async def main():
    pass


run(main())
