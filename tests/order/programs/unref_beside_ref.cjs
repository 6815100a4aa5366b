setTimeout(() => console.log('unref 5'), 5).unref();
setTimeout(() => console.log('never'), 5000).unref();
setTimeout(() => console.log('ref 40'), 40);
