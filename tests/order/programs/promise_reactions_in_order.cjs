// in both modes
let settle;
const p = new Promise((resolve) => { settle = resolve; });
for (const name of ['a', 'b', 'c']) {
  p.then((value) => {
    console.log(`${name} ${value}`);
    p.then(() => console.log(`late ${name}`));
  }).then(() => console.log(`then of ${name}`));
}
queueMicrotask(() => console.log('microtask before'));
settle(1);
console.log('settled');
queueMicrotask(() => console.log('microtask behind'));
p.finally(() => console.log('added behind'));
