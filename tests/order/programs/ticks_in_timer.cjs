setTimeout(() => {
  console.log('timer');
  process.nextTick(() => console.log('tick'));
  queueMicrotask(() => console.log('microtask'));
  console.log('timer ends');
}, 1);
