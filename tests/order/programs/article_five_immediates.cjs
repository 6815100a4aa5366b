for (let i = 1; i <= 5; ++i) {
  setImmediate(() => {
    console.log(`immediate ${i}`);
    if (i === 2 || i === 4) process.nextTick(() => console.log(`tick of ${i}`));
  });
}
