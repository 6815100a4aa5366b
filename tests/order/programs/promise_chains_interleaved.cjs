Promise.resolve()
  .then(() => console.log('a 1'))
  .then(() => console.log('a 2'))
  .then(() => console.log('a 3'));
Promise.resolve()
  .then(() => console.log('b 1'))
  .then(() => console.log('b 2'));
