// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
queueMicrotask(() => {
  queueMicrotask(async () => {
    console.log('task begins');
    const one = Promise.resolve(1);
    console.log(`got ${await one}`);
    console.log(`got ${await Promise.resolve(2)}`);
    try {
      await Promise.reject(new Error('three'));
    } catch (e) {
      console.log(`caught ${e.message}`);
    }
    console.log('task ends');
  });
  queueMicrotask(() => console.log('microtask'));
  count('beside', 5);
});
