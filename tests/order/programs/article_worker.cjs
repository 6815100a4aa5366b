const { Worker } = require('worker_threads');
const worker = new Worker(`
  const { parentPort } = require('worker_threads');
  const fibonacci = (n) => (n <= 1 ? n : fibonacci(n - 1) + fibonacci(n - 2));
  parentPort.postMessage({ result: fibonacci(20) });
`, { eval: true });
worker.on('message', ({ result }) => console.log(`Fibonacci result: ${result}`));
console.log('Main thread continues execution');
