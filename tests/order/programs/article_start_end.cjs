// one of: Start, End, Next tick callback, Timeout callback, Immediate callback | Start, End, Next tick callback, Immediate callback, Timeout callback
console.log('Start');
setTimeout(() => console.log('Timeout callback'), 0);
setImmediate(() => console.log('Immediate callback'));
process.nextTick(() => console.log('Next tick callback'));
console.log('End');
