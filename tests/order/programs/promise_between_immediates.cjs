for (const i of [1, 2, 3]) {
  setImmediate(() => {
    console.log(`immediate ${i}`);
    new Promise((resolve) => resolve(Promise.resolve(i))).then((value) => console.log(`followed ${value}`));
    process.nextTick(() => console.log(`tick ${i}`));
  });
}
