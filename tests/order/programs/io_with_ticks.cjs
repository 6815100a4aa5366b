const fs = require('fs');
fs.stat('.', () => {
  console.log('io');
  setImmediate(() => console.log('immediate'));
  queueMicrotask(() => console.log('microtask'));
  process.nextTick(() => console.log('tick'));
  console.log('io ends');
});
console.log('main ends');
