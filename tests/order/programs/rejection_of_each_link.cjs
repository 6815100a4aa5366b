// in both modes
process.on('unhandledRejection', (e) => console.log(`unhandled ${e.message}`));
const p = Promise.reject(new Error('root'));
p.then(() => console.log('never'));
p.finally(() => console.log('finally'));
p.then(() => console.log('never')).then(() => console.log('never'));
Promise.all([p, Promise.reject(new Error('not the first'))]);
