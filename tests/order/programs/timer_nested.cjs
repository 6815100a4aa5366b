setTimeout(() => {
  console.log('outer');
  setTimeout(() => console.log('inner'), 20);
}, 1);
setTimeout(() => console.log('beside'), 5);
