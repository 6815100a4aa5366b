const fs = require('fs');
fs.stat('.', () => {
  console.log('io 1');
  fs.stat('.', () => {
    console.log('io 1.1');
    setImmediate(() => console.log('immediate of io 1.1'));
  });
  setImmediate(() => console.log('immediate of io 1'));
});
