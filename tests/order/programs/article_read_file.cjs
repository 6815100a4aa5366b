const fs = require('fs');
console.log('Reading file...');
fs.stat('.', () => console.log('File content'));
console.log('Continuing execution...');
