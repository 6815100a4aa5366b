const a = setTimeout(() => console.log('a'), 1);
setTimeout(() => console.log('b'), 1);
clearTimeout(a);
clearTimeout(a);
clearTimeout(undefined);
