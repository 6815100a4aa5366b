// in both modes
Promise.resolve()
  .then(() => { throw new Error('first callback'); }, () => console.log('never'))
  .catch((e) => console.log(`caught behind: ${e.message}`));
Promise.reject(new Error('reason'))
  .then(() => console.log('never'), (e) => console.log(`second callback: ${e.message}`))
  .then(() => console.log('goes on'));
