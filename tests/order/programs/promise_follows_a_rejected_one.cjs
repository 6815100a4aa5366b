// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
Promise.resolve()
  .then(() => Promise.reject(new Error('inner')))
  .then(() => console.log('never'), (e) => console.log(`caught ${e.message}`));
count('beside', 5);
