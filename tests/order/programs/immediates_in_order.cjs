for (const name of ['a', 'b', 'c']) setImmediate(() => console.log(name));
