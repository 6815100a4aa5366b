const timer = setTimeout(() => console.log('runs'), 5);
timer.unref();
timer.ref();
