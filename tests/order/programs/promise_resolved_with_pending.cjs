// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
let settle;
const inner = new Promise((resolve) => { settle = resolve; });
const outer = new Promise((resolve) => resolve(inner));
outer.then((value) => console.log(`outer ${value}`));
inner.then((value) => console.log(`inner ${value}`));
queueMicrotask(() => { console.log('settles'); settle(1); });
count('beside', 5);
