let rounds = 0;
const timer = setInterval(() => {
  console.log(`round ${++rounds}`);
  if (rounds === 2) timer.unref();
}, 2);
