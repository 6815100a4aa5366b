// in both modes
process.on('unhandledRejection', (e, promise) => {
  console.log(`unhandled ${e.message}`);
  promise.catch(() => console.log(`caught ${e.message}`));
  process.nextTick(() => console.log(`tick of ${e.message}`));
});
process.on('rejectionHandled', () => console.log('handled late'));
Promise.reject(new Error('one'));
Promise.reject(new Error('two'));
