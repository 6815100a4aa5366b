// in both modes
Promise.resolve(1)
  .then((value) => { console.log(`then ${value}`); throw new Error('one'); })
  .then(() => console.log('never'))
  .then(() => console.log('never'), (e) => { console.log(`caught ${e.message}`); throw new Error('two'); })
  .catch((e) => { console.log(`caught ${e.message}`); return 2; })
  .catch(() => console.log('never'))
  .then((value) => console.log(`then ${value}`));
Promise.resolve().then(() => console.log('beside 1')).then(() => console.log('beside 2'))
  .then(() => console.log('beside 3')).then(() => console.log('beside 4'));
