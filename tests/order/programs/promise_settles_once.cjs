// in both modes
const p = new Promise((resolve, reject) => {
  console.log('executor');
  resolve('first');
  resolve('second');
  reject(new Error('third'));
  throw new Error('fourth');
});
p.then((value) => console.log(value), () => console.log('never'));
new Promise(() => { throw new Error('thrown by the executor'); }).catch((e) => console.log(e.message));
new Promise((resolve, reject) => {
  resolve(new Promise((later) => queueMicrotask(() => later('followed'))));
  reject(new Error('ignored'));
}).then((value) => console.log(value), () => console.log('never'));
console.log('main ends');
