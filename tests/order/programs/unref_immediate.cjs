setImmediate(() => console.log('never')).unref();
console.log('main ends');
