let rounds = 0;
const timer = setInterval(() => {
  const now = ++rounds;
  console.log(`round ${now}`);
  process.nextTick(() => console.log(`tick ${now}`));
  if (now === 2) clearInterval(timer);
}, 2);
