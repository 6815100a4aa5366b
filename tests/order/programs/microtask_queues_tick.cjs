queueMicrotask(() => {
  console.log('microtask 1');
  process.nextTick(() => console.log('tick of microtask 1'));
  queueMicrotask(() => console.log('microtask 1.1'));
});
queueMicrotask(() => console.log('microtask 2'));
