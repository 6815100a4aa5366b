// in both modes
let rounds = 0;
process.on('unhandledRejection', (e) => {
  console.log(`unhandled ${e.message}`);
  if (++rounds > 3) return;
  Promise.reject(new Error(`round ${rounds}`));
  process.nextTick(() => console.log('tick of the hook'));
  queueMicrotask(() => console.log('microtask of the hook'));
});
Promise.reject(new Error('a'));
Promise.reject(new Error('b'));
