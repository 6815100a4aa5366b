// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
let settle;
const pending = new Promise((resolve) => { settle = resolve; });
Promise.any([Promise.reject(new Error('ignored')), pending, Promise.resolve('third')])
  .then((value) => console.log(`any ${value}`));
Promise.any([Promise.reject(new Error('one')), Promise.reject(new Error('two'))])
  .catch((e) => console.log(`none of ${e.errors.map((each) => each.message).join(' ')}`));
Promise.any([]).catch((e) => console.log(`none of ${e.errors.length}`));
Promise.any([pending]).then((value) => console.log(`pending ${value}`));
settle('settled');
count('beside', 4);
