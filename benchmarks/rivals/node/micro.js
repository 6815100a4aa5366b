// Node's micro rows. It has no channel, mutex or cancellation of its own, so it has no such rows.
'use strict';
const { spawn } = require('node:child_process');
const { randomFill } = require('node:crypto');
const { Worker, isMainThread, workerData } = require('node:worker_threads');
const { EXIT_NO_SUCH_ROW, Watch, option, spread } = require('./common.js');

const watch = new Watch();
const nothing = () => {};

async function timer_cancel(n) {
  const timers = new Array(n);
  watch.start();
  for (let i = 0; i < n; ++i) timers[i] = setTimeout(nothing, 1000 + spread(i, 60000));
  for (let i = 0; i < n; ++i) clearTimeout(timers[i]);
  watch.stop();
}

async function timer_fire(n) {
  let fired = 0;
  let finish;
  const finished = new Promise((resolve) => { finish = resolve; });
  const fire = () => { if (++fired === n) finish(); };
  watch.start();
  for (let i = 0; i < n; ++i) setTimeout(fire, spread(i, 1000));
  watch.stop();
  // The loop stands still until all are due, so that firing is measured and not waiting.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1010);
  watch.start();
  await finished;
  watch.stop();
}

async function timer_churn(n) {
  const few = 64;
  const timers = [];
  for (let i = 0; i < few; ++i) timers.push(setTimeout(nothing, 10000));
  watch.start();
  for (let i = 0; i < n; ++i) timers[i % few].refresh();
  watch.stop();
  for (const timer of timers) clearTimeout(timer);
}

async function post(n, threads) {
  const each = Math.floor(n / threads);
  let received = 0;
  const workers = [];
  for (let t = 0; t < threads; ++t) workers.push(new Worker(__filename, { workerData: each }));
  await Promise.all(workers.map((worker) => new Promise((done) => worker.once('online', done))));
  watch.start();
  await new Promise((done) => {
    const receive = () => { if (++received === each * threads) done(); };
    for (const worker of workers) worker.on('message', receive).postMessage('go');
  });
  watch.stop();
}

async function microtask(n) {
  const batch = 1000;
  watch.start();
  for (let left = n / batch; left > 0; --left) {
    for (let i = 0; i < batch; ++i) queueMicrotask(nothing);
    await undefined;
  }
  watch.stop();
}

const child = async (value) => value;

async function task_await(n) {
  let sum = 0;
  watch.start();
  for (let i = 0; i < n; ++i) sum += await child(i);
  watch.stop();
  return sum;
}

// To spawn is to call without awaiting: the child runs while the parent goes on.
async function spawn_join(n) {
  let sum = 0;
  watch.start();
  for (let i = 0; i < n; ++i) {
    const handle = child(i);
    sum += await handle;
  }
  watch.stop();
  return sum;
}

async function yields(n) {
  const each = async () => { for (let i = 0; i < n / 100; ++i) await undefined; };
  watch.start();
  await Promise.all(Array.from({ length: 100 }, each));
  watch.stop();
}

// The cheapest function that Node gives to libuv's threads: some random bytes.
function on_thread(buffer) {
  return new Promise((done) => randomFill(buffer, done));
}

async function offload(n) {
  const buffer = Buffer.alloc(1);
  watch.start();
  for (let i = 0; i < n; ++i) await on_thread(buffer);
  watch.stop();
}

async function offload_many(n) {
  const buffers = Array.from({ length: 1000 }, () => Buffer.alloc(1));
  watch.start();
  for (let i = 0; i < n / 1000; ++i) await Promise.all(buffers.map(on_thread));
  watch.stop();
}

async function when_all(n) {
  watch.start();
  for (let i = 0; i < n / 1000; ++i) await Promise.all(Array.from({ length: 1000 }, child));
  watch.stop();
}

async function promise_chain(n) {
  const step = (value) => value + 1;
  watch.start();
  for (let i = 0; i < n / 1000; ++i) {
    let chain = Promise.resolve(0);
    for (let link = 0; link < 1000; ++link) chain = chain.then(step);
    await chain;
  }
  watch.stop();
}

function program() {
  return new Promise((done) => spawn('/bin/true', { stdio: 'inherit' }).on('exit', done));
}

async function programs(n, at_once) {
  watch.start();
  for (let i = 0; i < n / at_once; ++i) await Promise.all(Array.from({ length: at_once }, program));
  watch.stop();
}

const rows = {
  timer_cancel, timer_fire, timer_churn, microtask, task_await, spawn_join, when_all, promise_chain,
  offload, offload_many,
  process_one: (n) => programs(n, 1),
  process_many: (n) => programs(n, 100),
  yield: yields,
  post_one: (n) => post(n, 1),
  post_many: (n) => post(n, 4),
};

async function main() {
  const row = option('--row');
  if (!(row in rows)) process.exit(EXIT_NO_SUCH_ROW);
  const n = Number(option('--n')) || (row.startsWith('process_') ? 2000 : 1000000);
  await rows[row](n);
  watch.report(row, n);
}

if (isMainThread) {
  main();
} else {
  const { parentPort } = require('node:worker_threads');
  parentPort.once('message', () => {
    for (let i = 0; i < workerData; ++i) parentPort.postMessage(i);
  });
}
