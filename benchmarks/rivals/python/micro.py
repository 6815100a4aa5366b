"""asyncio's micro rows."""

import asyncio
import sys
import threading
import time

from common import EXIT_NO_SUCH_ROW, Watch, option, run, spread

watch = Watch()


def nothing():
    pass


async def timer_cancel(n):
    loop = asyncio.get_running_loop()
    watch.start()
    timers = [loop.call_later(1 + spread(i, 60000) / 1000, nothing) for i in range(n)]
    for timer in timers:
        timer.cancel()
    await asyncio.sleep(0)  # asyncio sweeps out cancelled timers when the loop turns
    watch.stop()


async def timer_fire(n):
    loop = asyncio.get_running_loop()
    finished = loop.create_future()
    fired = 0

    def fire():
        nonlocal fired
        fired += 1
        if fired == n:
            finished.set_result(None)

    watch.start()
    for i in range(n):
        loop.call_later(spread(i, 1000) / 1000, fire)
    watch.stop()
    time.sleep(1.01)  # the loop stands still until all are due: firing is measured, not waiting
    watch.start()
    await finished
    watch.stop()


async def timer_churn(n):
    loop = asyncio.get_running_loop()
    timers = [loop.call_later(10, nothing) for _ in range(64)]
    watch.start()
    for i in range(n):
        timers[i % 64].cancel()
        timers[i % 64] = loop.call_later(10 + (i & 1023) / 1000, nothing)
    watch.stop()
    for timer in timers:
        timer.cancel()


async def post(n, threads):
    loop = asyncio.get_running_loop()
    finished = loop.create_future()
    received = 0

    def receive():
        nonlocal received
        received += 1
        if received == n:
            finished.set_result(None)

    def produce():
        for _ in range(n // threads):
            loop.call_soon_threadsafe(receive)

    producers = [threading.Thread(target=produce) for _ in range(threads)]
    watch.start()
    for producer in producers:
        producer.start()
    await finished
    watch.stop()
    for producer in producers:
        producer.join()


async def microtask(n):
    loop = asyncio.get_running_loop()
    watch.start()
    for _ in range(n // 1000):
        for _ in range(1000):
            loop.call_soon(nothing)
        await asyncio.sleep(0)
    watch.stop()


async def child(value):
    return value


async def task_await(n):
    watch.start()
    for i in range(n):
        await child(i)
    watch.stop()


async def spawn_join(n):
    watch.start()
    for i in range(n):
        await asyncio.create_task(child(i))
    watch.stop()


async def yields(n):
    async def each():
        for _ in range(n // 100):
            await asyncio.sleep(0)

    watch.start()
    await asyncio.gather(*(each() for _ in range(100)))
    watch.stop()


async def ping_pong(n):
    there, back = asyncio.Queue(1), asyncio.Queue(1)

    async def other():
        for _ in range(n):
            await back.put(await there.get())

    watch.start()
    task = asyncio.create_task(other())
    for i in range(n):
        await there.put(i)
        await back.get()
    await task
    watch.stop()


async def mutex(n):
    """100 tasks hand one lock over and hold it across a yield, so that every lock is contended."""
    shared = asyncio.Lock()

    async def each():
        for _ in range(n // 100):
            async with shared:
                await asyncio.sleep(0)

    watch.start()
    await asyncio.gather(*(each() for _ in range(100)))
    watch.stop()


async def many_to_one(n, producers):
    queue = asyncio.Queue(1024)

    async def produce():
        for i in range(n // producers):
            await queue.put(i)

    watch.start()
    tasks = [asyncio.create_task(produce()) for _ in range(producers)]
    for _ in range(n // producers * producers):
        await queue.get()
    watch.stop()
    await asyncio.gather(*tasks)


async def offload(n):
    watch.start()
    for _ in range(n):
        await asyncio.to_thread(nothing)
    watch.stop()


async def offload_many(n):
    watch.start()
    for _ in range(n // 1000):
        await asyncio.gather(*(asyncio.to_thread(nothing) for _ in range(1000)))
    watch.stop()


async def program():
    process = await asyncio.create_subprocess_exec("/bin/true")
    await process.wait()


async def programs(n, at_once):
    watch.start()
    for _ in range(n // at_once):
        await asyncio.gather(*(program() for _ in range(at_once)))
    watch.stop()


async def when_all(n):
    watch.start()
    for _ in range(n // 1000):
        await asyncio.gather(*(child(i) for i in range(1000)))
    watch.stop()


async def cancel(n):
    tasks = [asyncio.create_task(asyncio.Event().wait()) for _ in range(n)]
    await asyncio.sleep(0)
    watch.start()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    watch.stop()


# Each row with its default number of operations: fewer than elsewhere, to take seconds only.
ROWS = {
    "timer_cancel": (timer_cancel, 1000000),
    "timer_fire": (timer_fire, 1000000),
    "timer_churn": (timer_churn, 300000),
    "post_one": (lambda n: post(n, 1), 200000),
    "post_many": (lambda n: post(n, 4), 200000),
    "microtask": (microtask, 1000000),
    "task_await": (task_await, 1000000),
    "spawn_join": (spawn_join, 200000),
    "yield": (yields, 500000),
    "ping_pong": (ping_pong, 100000),
    "mutex": (mutex, 200000),
    "mpsc_one": (lambda n: many_to_one(n, 1), 300000),
    "mpsc_many": (lambda n: many_to_one(n, 4), 300000),
    "offload": (offload, 20000),
    "offload_many": (offload_many, 20000),
    "process_one": (lambda n: programs(n, 1), 500),
    "process_many": (lambda n: programs(n, 100), 500),
    "when_all": (when_all, 200000),
    "cancel": (cancel, 100000),
}

name = option("--row")
if name not in ROWS:
    sys.exit(EXIT_NO_SUCH_ROW)
body, default = ROWS[name]
ops = int(option("--n", "0")) or default
run(body(ops))
watch.report(name, ops)
