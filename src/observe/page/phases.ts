// The parts of a turn, in the order in which the program numbers them.

export interface Phase {
  name: string;
  colour: string;
  /** For somebody who has never seen a loop. */
  says: string;
}

export const phases: Phase[] = [
  {
    name: 'timers',
    colour: 'var(--timers)',
    says: 'A turn begins here. Timers whose time has come are called, the earliest first: timeouts, intervals and tasks that slept.',
  },
  {
    name: 'pending',
    colour: 'var(--pending)',
    says: 'Callbacks that were left over: what other threads have posted, and what an earlier turn put off.',
  },
  {
    name: 'idle, prepare',
    colour: 'var(--prepare)',
    says: 'Hooks that are called in every turn, just before the loop may fall asleep.',
  },
  {
    name: 'poll',
    colour: 'var(--poll)',
    says: 'The loop asks the kernel what has happened: bytes that arrived, connections, files. If nothing has, it sleeps right here until something does or the next timer is due. A healthy loop spends most of its life asleep in this phase.',
  },
  {
    name: 'check',
    colour: 'var(--check)',
    says: 'Immediates: callbacks that asked to run once the poll is over.',
  },
  {
    name: 'close',
    colour: 'var(--close)',
    says: 'Farewells of what was closed. Then the next turn begins, if anything still keeps the loop alive.',
  },
  {
    name: 'next ticks',
    colour: 'var(--ticks)',
    says: 'A queue inside of the turn: emptied after every single callback, before anything else may run.',
  },
  {
    name: 'microtasks',
    colour: 'var(--microtasks)',
    says: 'The second queue inside of the turn, emptied behind the next ticks: reactions of promises, and tasks that go on because what they waited for is there.',
  },
];

export const poll_phase = 3;
export const first_inner = 6;
