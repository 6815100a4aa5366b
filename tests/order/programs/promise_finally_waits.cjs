// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
let settle;
const inner = new Promise((resolve) => { settle = resolve; });
Promise.resolve('value')
  .finally(() => { console.log('finally'); return inner; })
  .then((value) => console.log(`after pending: ${value}`));
Promise.resolve('value')
  .finally(() => Promise.resolve('ignored'))
  .then((value) => console.log(`after resolved: ${value}`));
Promise.resolve().then(() => {}).then(() => { console.log('settles'); settle(); });
count('beside', 8);
