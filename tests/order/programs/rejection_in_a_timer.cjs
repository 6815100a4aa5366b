process.on('unhandledRejection', (e) => console.log(`unhandled ${e.message}`));
setTimeout(() => {
  console.log('timer 1');
  Promise.reject(new Error('reason'));
}, 5);
setTimeout(() => console.log('timer 2'), 5);
