// The loop on generators and a simulated clock, as the article builds it.
class EventLoop {
  ready = [];
  sleeping = new Map();
  now = 0;
  run() {
    while (this.ready.length > 0 || this.sleeping.size > 0) {
      while (this.ready.length > 0) {
        const task = this.ready.shift();
        const { value, done } = task.next();
        if (done) continue;
        const due = this.now + value;
        this.sleeping.set(due, [...(this.sleeping.get(due) ?? []), task]);
      }
      if (this.sleeping.size === 0) break;
      this.now = Math.min(...this.sleeping.keys());
      this.ready.push(...this.sleeping.get(this.now));
      this.sleeping.delete(this.now);
    }
  }
}
const loop = new EventLoop();
function* example(name, seconds) {
  console.log(`${name} started at ${loop.now}`);
  yield seconds;
  console.log(`${name} resumed at ${loop.now}`);
}
loop.ready.push(example('Task1', 2), example('Task2', 1));
loop.run();
