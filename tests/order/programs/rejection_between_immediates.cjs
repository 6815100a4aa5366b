process.on('unhandledRejection', (e) => {
  console.log(`unhandled ${e.message}`);
  setImmediate(() => console.log(`immediate of ${e.message}`));
});
for (const i of [1, 2]) {
  setImmediate(() => {
    console.log(`immediate ${i}`);
    Promise.reject(new Error(`reason ${i}`));
    process.nextTick(() => console.log(`tick ${i}`));
  });
}
