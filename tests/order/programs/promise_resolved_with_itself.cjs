// in both modes
let settle;
const p = new Promise((resolve) => { settle = resolve; });
p.catch(() => console.log('rejected: a cycle'));
settle(p);
const q = Promise.resolve().then(() => q);
q.catch(() => console.log('rejected: a cycle of then'));
Promise.resolve().then(() => console.log('beside'));
