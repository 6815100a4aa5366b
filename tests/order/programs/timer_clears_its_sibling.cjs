let second;
setTimeout(() => { console.log('first'); clearTimeout(second); }, 5);
second = setTimeout(() => console.log('second'), 5);
setTimeout(() => console.log('third'), 5);
