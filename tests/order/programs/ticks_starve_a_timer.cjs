let left = 1000;
const again = () => { if (--left > 0) process.nextTick(again); };
setTimeout(() => console.log(`timer with ${left} left`), 1);
process.nextTick(again);
