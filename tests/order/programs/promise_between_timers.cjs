setTimeout(() => {
  console.log('timer 1');
  Promise.resolve().then(() => console.log('then 1')).then(() => console.log('then of then 1'));
  process.nextTick(() => console.log('tick 1'));
}, 5);
setTimeout(() => {
  console.log('timer 2');
  Promise.resolve().then(() => console.log('then 2'));
}, 5);
