process.on('unhandledRejection', (e) => console.log(`unhandled ${e.message}`));
queueMicrotask(() => {
  new Promise((resolve, reject) => {
    queueMicrotask(async () => {
      await Promise.resolve();
      reject(new Error('task'));
    });
  }).finally(() => console.log('finally'));
  const late = Promise.reject(new Error('awaited in time'));
  queueMicrotask(async () => {
    await Promise.resolve();
    try {
      await late;
    } catch (e) {
      console.log(`caught ${e.message}`);
    }
  });
  process.nextTick(() => console.log('tick'));
});
