// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
Promise.resolve()
  .then(() => { console.log('returns'); return Promise.resolve('adopted'); })
  .then((value) => console.log(value));
count('beside', 6);
