const after = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));
Promise.all([after(30, 'c'), after(1, 'a'), after(15, 'b')]).then((all) => console.log(all.join('')));
Promise.race([after(30, 'slow'), after(1, 'fast')]).then((value) => console.log(value));
after(20).then(() => { console.log('20'); return after(30); }).then(() => console.log('50'));
console.log('main ends');
