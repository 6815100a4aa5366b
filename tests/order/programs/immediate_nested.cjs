setImmediate(() => {
  console.log('1');
  setImmediate(() => console.log('1.1, in the next turn'));
});
setImmediate(() => console.log('2'));
