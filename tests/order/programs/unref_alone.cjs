setTimeout(() => console.log('never'), 20).unref();
console.log('main ends');
