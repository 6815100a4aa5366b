process.on('unhandledRejection', (e) => console.log(`unhandled ${e.message}`));
const p = Promise.reject(new Error('reason'));
process.on('rejectionHandled', (late) => console.log(`handled late: ${late === p}`));
setImmediate(() => {
  console.log('immediate');
  Promise.reject(new Error('another'));
  p.catch((e) => {
    console.log(`caught ${e.message}`);
    process.nextTick(() => console.log('tick of catch'));
  });
  queueMicrotask(() => console.log('microtask'));
});
setImmediate(() => console.log('immediate 2'));
