// in both modes
process.on('unhandledRejection', (e) => console.log(`unhandled ${e.message}`));
process.on('rejectionHandled', () => console.log('never'));
const p = Promise.reject(new Error('in a microtask'));
Promise.resolve().then(() => {}).then(() => p.catch((e) => console.log(`caught ${e.message}`)));
const q = Promise.reject(new Error('in a tick'));
process.nextTick(() => q.catch((e) => console.log(`caught ${e.message}`)));
