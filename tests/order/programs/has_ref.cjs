const timer = setTimeout(() => {}, 5);
console.log(timer.hasRef());
timer.unref();
console.log(timer.hasRef());
timer.ref();
console.log(timer.hasRef());
