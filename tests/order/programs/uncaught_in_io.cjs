const fs = require('fs');
process.on('uncaughtException', (e) => {
  console.log(`uncaught ${e.message}`);
  process.nextTick(() => console.log('tick of the hook'));
});
fs.stat('.', () => {
  setImmediate(() => console.log('immediate'));
  throw new Error('io');
});
