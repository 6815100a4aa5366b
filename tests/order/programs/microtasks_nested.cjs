queueMicrotask(() => {
  console.log('microtask 1');
  queueMicrotask(() => {
    console.log('microtask 1.1');
    queueMicrotask(() => console.log('microtask 1.1.1'));
  });
});
queueMicrotask(() => console.log('microtask 2'));
