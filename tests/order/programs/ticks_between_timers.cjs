for (const i of [1, 2, 3]) {
  setTimeout(() => {
    console.log(`timer ${i}`);
    queueMicrotask(() => console.log(`microtask ${i}`));
    process.nextTick(() => console.log(`tick ${i}`));
  }, 5);
}
