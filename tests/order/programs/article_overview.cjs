// one of: 1 sync, 6 sync ends, 5 nextTick, 4 promise, 2 setTimeout, 3 setImmediate | 1 sync, 6 sync ends, 5 nextTick, 4 promise, 3 setImmediate, 2 setTimeout
console.log('1 sync');
setTimeout(() => console.log('2 setTimeout'), 0);
setImmediate(() => console.log('3 setImmediate'));
Promise.resolve().then(() => console.log('4 promise'));
process.nextTick(() => console.log('5 nextTick'));
console.log('6 sync ends');
