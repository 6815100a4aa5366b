process.on('uncaughtException', (e) => console.log(`uncaught ${e.message}`));
setTimeout(() => {
  queueMicrotask(() => { throw new Error('microtask'); });
  queueMicrotask(() => console.log('next microtask'));
  process.nextTick(() => console.log('tick'));
}, 5);
