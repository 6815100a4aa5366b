// in both modes
const count = (name, n) => {
  let chain = Promise.resolve();
  for (let i = 1; i <= n; ++i) chain = chain.then(() => console.log(`${name} ${i}`));
};
let fail;
const pending = new Promise((resolve, reject) => { fail = reject; });
const show = (all) => console.log(all.map((each) => each.value ?? each.reason.message).join(' '));
Promise.allSettled([pending, Promise.resolve('two'), Promise.reject(new Error('three'))]).then(show);
Promise.allSettled([Promise.resolve('alone')]).then(show);
Promise.allSettled([]).then((all) => console.log(`none ${all.length}`));
queueMicrotask(() => { console.log('fails'); fail(new Error('one')); });
count('beside', 4);
