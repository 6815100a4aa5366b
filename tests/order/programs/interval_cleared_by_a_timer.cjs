const timer = setInterval(() => console.log('never'), 1000);
setTimeout(() => { clearInterval(timer); console.log('cleared'); }, 5);
