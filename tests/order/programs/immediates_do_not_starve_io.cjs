const fs = require('fs');
let served = false;
fs.stat('.', () => { served = true; });
const again = () => (served ? console.log('served') : setImmediate(again));
setImmediate(again);
