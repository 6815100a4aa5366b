const fs = require('fs');
setImmediate(() => {
  console.log('immediate');
  fs.stat('.', () => {
    console.log('io');
    setImmediate(() => console.log('immediate of io'));
  });
});
