// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
const inner = Promise.resolve('inner');
new Promise((resolve) => resolve(inner)).then((value) => console.log(`outer got ${value}`));
inner.then((value) => console.log(`direct ${value}`));
count('beside', 4);
