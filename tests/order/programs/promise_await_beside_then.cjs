// in both modes
const wait = async (name, p) => {
  console.log(`${name} waits`);
  await p;
  console.log(`${name} goes on`);
  await p;
  console.log(`${name} ends`);
};
queueMicrotask(() => {
  let settle;
  const p = new Promise((resolve) => { settle = resolve; });
  p.then(() => console.log('then before'));
  queueMicrotask(() => wait('a', p));
  queueMicrotask(() => wait('b', p));
  queueMicrotask(() => {
    p.then(() => console.log('then behind')).then(() => console.log('then of then behind'));
    console.log('settles');
    settle();
  });
});
