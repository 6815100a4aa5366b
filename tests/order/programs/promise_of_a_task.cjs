// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
queueMicrotask(() => {
  let settle;
  const p = new Promise((resolve) => { settle = resolve; });
  queueMicrotask(async () => {
    console.log('task begins');
    await Promise.resolve();
    await Promise.resolve();
    console.log('task ends');
    settle(42);
  });
  p.then((value) => console.log(`promise ${value}`));
  count('beside', 5);
});
