const timer = setTimeout(() => console.log('refreshed'), 60);
setTimeout(() => { console.log('30'); timer.refresh(); }, 30);
setTimeout(() => console.log('70'), 70);
