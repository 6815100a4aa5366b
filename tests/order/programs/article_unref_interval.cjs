const timer = setInterval(() => console.log('tick'), 1000);
timer.unref();
console.log('ends at once');
