// one of: uncaught timer, tick of the one that throws, next timer | uncaught timer, next timer, tick of the one that throws
// Node calls the next timer of the same millisecond first, and Rondo the tick: docs/guide/loop.md.
process.on('uncaughtException', (e) => console.log(`uncaught ${e.message}`));
setTimeout(() => {
  process.nextTick(() => console.log('tick of the one that throws'));
  throw new Error('timer');
}, 5);
setTimeout(() => console.log('next timer'), 5);
