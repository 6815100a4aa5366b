process.on('uncaughtException', (e) => console.log(`uncaught ${e.message}`));
setTimeout(() => {
  process.nextTick(() => { throw new Error('tick'); });
  process.nextTick(() => console.log('next tick'));
  queueMicrotask(() => console.log('microtask'));
}, 5);
setTimeout(() => console.log('much later'), 60);
