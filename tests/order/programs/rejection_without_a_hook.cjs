// in both modes
process.on('uncaughtException', (e) => console.log(`uncaught ${e.message}`));
Promise.reject(new Error('one'));
Promise.resolve().then(() => { throw new Error('two'); });
process.nextTick(() => console.log('tick'));
Promise.resolve().then(() => console.log('then'));
