// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
const one = new Promise((resolve) => resolve(Promise.resolve('deep')));
const two = new Promise((resolve) => resolve(one));
two.then((value) => console.log(`two ${value}`));
one.then((value) => console.log(`one ${value}`));
count('beside', 7);
