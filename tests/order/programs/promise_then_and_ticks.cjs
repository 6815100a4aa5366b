// in both modes
Promise.resolve().then(() => {
  console.log('then');
  process.nextTick(() => console.log('tick of then'));
  queueMicrotask(() => console.log('microtask of then'));
}).then(() => console.log('then of then'));
queueMicrotask(() => console.log('microtask'));
process.nextTick(() => {
  console.log('tick');
  Promise.resolve().then(() => console.log('then of tick'));
});
console.log('main ends');
