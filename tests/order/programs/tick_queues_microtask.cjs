process.nextTick(() => {
  console.log('tick 1');
  queueMicrotask(() => console.log('microtask of tick 1'));
});
process.nextTick(() => console.log('tick 2'));
