let rounds = 0;
const timer = setInterval(() => {
  console.log(`round ${++rounds}`);
  if (rounds === 3) clearInterval(timer);
}, 2);
