process.on('unhandledRejection', (e) => console.log(`unhandled ${e.message}`));
setImmediate(() => console.log('immediate'));
setTimeout(() => console.log('timer'), 200);
Promise.reject(new Error('reason'));
process.nextTick(() => {
  console.log('tick');
  Promise.resolve().then(() => console.log('then of tick'));
});
Promise.resolve().then(() => {
  console.log('then');
  process.nextTick(() => console.log('tick of then'));
});
console.log('main ends');
