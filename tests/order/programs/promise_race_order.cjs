// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
let settle;
const pending = new Promise((resolve) => { settle = resolve; });
Promise.race([pending, Promise.resolve('second')]).then((value) => console.log(value));
Promise.race([Promise.reject(new Error('lost')), Promise.resolve('late')])
  .catch((e) => console.log(`race ${e.message}`));
Promise.race([pending, new Promise(() => {})]).then((value) => console.log(`pending ${value}`));
Promise.race([]).then(() => console.log('never'));
settle('settled');
count('beside', 4);
