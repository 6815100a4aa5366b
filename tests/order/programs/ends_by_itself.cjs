setTimeout(() => setImmediate(() => process.nextTick(() => console.log('the last'))), 1);
console.log('main ends');
