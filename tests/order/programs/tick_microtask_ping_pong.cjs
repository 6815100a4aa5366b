let left = 4;
const ping = () => {
  console.log(`tick ${left}`);
  queueMicrotask(() => {
    console.log(`microtask ${left}`);
    if (--left > 0) process.nextTick(ping);
  });
};
process.nextTick(ping);
setImmediate(() => console.log('immediate'));
