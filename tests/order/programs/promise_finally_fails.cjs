// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
Promise.resolve('value')
  .finally(() => { throw new Error('thrown in finally'); })
  .catch((e) => console.log(e.message));
Promise.reject(new Error('reason'))
  .finally(() => Promise.reject(new Error('rejected in finally')))
  .catch((e) => console.log(e.message));
count('beside', 6);
