// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
let settle;
const pending = new Promise((resolve) => { settle = resolve; });
Promise.all([pending, Promise.resolve(2), pending]).then((all) => console.log(`all ${all.join(' ')}`));
Promise.all([Promise.resolve(1), Promise.resolve(2)]).then((all) => console.log(`both ${all.join(' ')}`));
Promise.all([]).then((all) => console.log(`none ${all.length}`));
Promise.all([pending, Promise.reject(new Error('one')), Promise.reject(new Error('two'))])
  .catch((e) => console.log(`failed ${e.message}`));
queueMicrotask(() => queueMicrotask(() => { console.log('settles'); settle(7); }));
count('beside', 5);
