process.on('uncaughtException', (e) => console.log(`uncaught ${e.message}`));
setImmediate(() => { throw new Error('immediate'); });
setImmediate(() => console.log('next immediate'));
