// What the Node programs share; the twin of common/bench.h, and no part of what is measured.
'use strict';

const EXIT_NO_SUCH_ROW = 64; // the driver shows a dash for it, not a failure

function option(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? '' : process.argv[at + 1];
}

function announce(server) {
  console.log(`listening ${server.address().port}`);
}

// Elapsed time of one or several stretches of work: wall clock, and CPU of the whole process.
class Watch {
  wall = 0;
  cpu = 0;

  start() {
    const used = process.cpuUsage();
    this.cpu -= used.user + used.system;
    this.wall -= performance.now();
  }

  stop() {
    this.wall += performance.now();
    const used = process.cpuUsage();
    this.cpu += used.user + used.system;
  }

  report(row, ops) {
    const line = {
      row, ns_per_op: this.wall * 1e6 / ops, cpu_ns_per_op: this.cpu * 1e3 / ops, ops,
    };
    console.log(JSON.stringify(line));
  }
}

// Due times of the timer rows: every rival computes the same sequence.
function spread(i, range) {
  return 1 + (Math.imul(i, 2654435761) >>> 0) % range;
}

module.exports = { EXIT_NO_SUCH_ROW, Watch, announce, option, spread };
