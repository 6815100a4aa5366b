// What the flight recorder holds of one thread, made into steps: in which phase of which turn each
// event is, and what happened in plain words.
import { first_inner, phases, poll_phase } from './phases';
import type { Slice } from './wheel';
import { plural, span } from './words';

export interface Event {
  at: number;
  kind: string;
  subject: string | null;
  number: number;
  who?: string;
  text?: string;
  where?: string;
}

export interface Track {
  index: number;
  name: string;
  open: boolean;
  count: number;
  lost: number;
}

export interface Recording {
  recorder: boolean;
  tracks: Track[];
  track: number | null;
  events: Event[];
}

export interface Step {
  event: Event;
  /** Where the hand of the wheel stands. */
  phase: number;
  turn: number;
  words: string;
  /** Of a call that ends here: how long it took, and in which phase it was. */
  took?: number;
  ended?: number;
}

interface Call {
  at: number;
  phase: number;
}

const failures: Record<number, string> = {
  11: 'not ready yet',
  32: 'the other side reads no more',
  104: 'the other side has cut the connection',
  110: 'it took too long',
  111: 'nobody listens there',
  125: 'it was cancelled',
};

function outcome(number: number): string {
  if (number < 0) return `it failed: ${failures[-number] ?? `error ${-number}`}`;
  return `the result is ${number}`;
}

/** What the walk along the events knows at each of them. */
class Walk {
  phase = poll_phase;
  turn = 1;
  runs = '';
  pollBegan = 0;
  private polled = false;
  private calls: Call[] = [];
  took?: number;
  ended?: number;

  enter(phase: number) {
    // A new turn begins where a phase follows that is earlier than the last one.
    if (phase < first_inner) {
      const passed = phase < this.phase && this.phase < first_inner;
      if (passed || (phase === poll_phase && this.phase === poll_phase && this.polled)) this.turn++;
    }
    this.phase = phase;
    this.polled = false;
  }

  begin(event: Event, phase: number) {
    if (phase !== this.phase && phase < first_inner) this.enter(phase);
    this.phase = phase;
    this.calls.push({ at: event.at, phase });
  }

  end(event: Event): number | undefined {
    const call = this.calls.pop();
    if (!call) return undefined;
    this.ended = call.phase;
    return (this.took = event.at - call.at);
  }

  poll(event: Event) {
    this.enter(poll_phase);
    this.pollBegan = event.at;
  }

  answered() {
    this.polled = true;
  }
}

const named = (event: Event) => (event.who ? `the task “${event.who}”` : 'a task');
const capital = (text: string) => text[0].toUpperCase() + text.slice(1);

const sayings: Record<string, (event: Event, walk: Walk) => string> = {
  poll_begins: (e, walk) => {
    walk.poll(e);
    if (e.number === 0) return 'The loop asks the kernel what has happened, without waiting: there is more to do.';
    const limit = e.number < 0 ? 'for as long as it takes' : `for at most ${span(e.number)}, when the next timer is due`;
    return `Nothing is left to do: the loop asks the kernel what has happened, and sleeps ${limit}.`;
  },
  poll_ends: (e, walk) => {
    walk.answered();
    return `The kernel answers, ${span(e.at - walk.pollBegan)} later. The turn goes on.`;
  },
  call_begins: (e, walk) => {
    walk.begin(e, e.number);
    if (e.number === first_inner) return 'A next tick is called: before anything else may run.';
    if (e.number === first_inner + 1) return 'A microtask is called: a reaction of a promise, or a task that goes on.';
    return `A callback of the phase “${phases[e.number]?.name}” is called.`;
  },
  timer_fired: (e, walk) => {
    walk.begin(e, e.number);
    return 'A timer is due, and is called.';
  },
  io_completed: (e, walk) => {
    walk.begin(e, poll_phase);
    return `An operation has ended: ${e.text || 'it'}; ${outcome(e.number)}. Whoever waits for it is called.`;
  },
  call_ends: (e, walk) => {
    const took = walk.end(e);
    return took === undefined ? 'The callback returns.' : `The callback returns, after ${span(took)}.`;
  },
  io_submitted: (e) => `${capital(e.text || 'an operation')} has to wait${e.number >= 0 ? ` for descriptor ${e.number}` : ''}: the kernel is asked to tell when it can be done.`,
  io_at_once: (e) => `${capital(e.text || 'an operation')} is done at once: ${outcome(e.number)}.`,
  posted: () => 'Something is handed to the loop of another thread.',
  line_begins: (e) => `A task is spawned${e.where ? ` at ${e.where}` : ''}. It has not run yet.`,
  line_named: (e) => `It is called “${e.text}”.`,
  line_resumed: (e, walk) => {
    walk.runs = named(e);
    return `${capital(named(e))} goes on.`;
  },
  line_suspended: (e, walk) => {
    walk.runs = '';
    return `${capital(named(e))} waits from here on${e.text ? `: ${e.text}` : ''}. The thread is free for others.`;
  },
  line_woken: (e, walk) => {
    const by = walk.runs && walk.runs !== named(e) ? `, because of ${walk.runs}` : '';
    return `${capital(named(e))} has what it waited for, and may go on soon${by}.`;
  },
  line_ended: (e, walk) => {
    walk.runs = '';
    return `${capital(named(e))} has ended.`;
  },
  work_queued: () => 'Work that would hold the loop is given to the thread pool.',
  work_begins: (e) => `A thread of the pool begins with ${e.text ? `“${e.text}”` : 'a piece of work'}.`,
  work_ends: () => 'The piece of work is done; its loop is told.',
  stole: (e) => `This worker had nothing to do, and takes ${plural(e.number, 'task')} from another.`,
  parked: () => 'This worker finds no task that is ready.',
  unparked: () => 'This worker looks for tasks again.',
};

export function stepsOf(events: Event[]): Step[] {
  const walk = new Walk();
  return events.map((event) => {
    walk.took = walk.ended = undefined;
    const words = sayings[event.kind]?.(event, walk) ?? event.kind;
    return { event, phase: walk.phase, turn: walk.turn, words, took: walk.took, ended: walk.ended };
  });
}

/** What the phases of the turn of `steps[position]` have done until there. */
export function slicesAt(steps: Step[], position: number): Slice[] {
  const slices = phases.map(() => ({ share: 0, calls: 0, queued: 0 }));
  const { turn, event } = steps[position];
  let first = position;
  while (first > 0 && steps[first - 1].turn === turn) first--;
  const all = Math.max(1, event.at - steps[first].event.at);
  for (let i = first; i <= position; i++) {
    const { took, ended } = steps[i];
    if (took === undefined || ended === undefined) continue;
    slices[ended].calls++;
    slices[ended].share += took / all;
  }
  return slices;
}
