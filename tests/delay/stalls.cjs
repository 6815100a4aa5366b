// Holds the loop for known spans, and prints what Node's histogram says of it, in ms.
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');

const [resolution, ...stalls] = process.argv.slice(2).map(Number);
const histogram = monitorEventLoopDelay({ resolution });
const held = []; // how long it really was: the machine may have added to it
const busy = (ms) => {
  const begin = performance.now();
  while (performance.now() < begin + ms);
  held.push(performance.now() - begin);
};

histogram.enable();
let round = 0;
const every = setInterval(() => {
  if (round < stalls.length) {
    busy(stalls[round++]);
    return;
  }
  clearInterval(every);
  histogram.disable();
  const longest = [];
  for (let k = 1; k <= stalls.length + 1; ++k) {
    longest.push(histogram.percentile((100 * (histogram.count - k + 0.5)) / histogram.count) / 1e6);
  }
  console.log(JSON.stringify({
    held, longest, max: histogram.max / 1e6, count: histogram.count, p50: histogram.percentile(50) / 1e6,
  }));
}, 150);
