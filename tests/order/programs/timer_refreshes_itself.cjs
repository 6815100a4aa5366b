let rounds = 0;
const timer = setTimeout(() => {
  console.log(`round ${++rounds}`);
  if (rounds < 3) timer.refresh();
}, 2);
