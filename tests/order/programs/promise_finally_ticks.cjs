// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
Promise.resolve('value')
  .finally(() => console.log('finally'))
  .then((value) => console.log(`after finally: ${value}`));
Promise.reject(new Error('reason'))
  .finally(() => console.log('finally of rejected'))
  .catch((e) => console.log(`after finally: ${e.message}`));
count('beside', 6);
