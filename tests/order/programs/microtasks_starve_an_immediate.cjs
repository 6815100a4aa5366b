let left = 1000;
const again = () => { if (--left > 0) queueMicrotask(again); };
setImmediate(() => console.log(`immediate with ${left} left`));
queueMicrotask(again);
