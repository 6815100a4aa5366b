async function f() {
  console.log('f begins');
  await null;
  console.log('f goes on');
  await null;
  console.log('f ends');
}
f();
queueMicrotask(() => console.log('microtask'));
process.nextTick(() => console.log('tick'));
console.log('main ends');
