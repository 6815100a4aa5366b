process.on('uncaughtException', (e) => console.log(`uncaught ${e.message}`));
let rounds = 0;
const timer = setInterval(() => {
  if (++rounds === 3) clearInterval(timer);
  throw new Error(`round ${rounds}`);
}, 2);
