// The tab "Loop": a worker's wheel, its figures, and how late it is.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { Live, Stream, Worker } from './api';
import { Histogram } from './histogram';
import { first_inner, phases, poll_phase } from './phases';
import { slicesOf, Steps, useSteps } from './steps';
import type { TabProps } from './tabs';
import { count, percent, span } from './words';
import { Wheel, type Slice } from './wheel';

/** What a worker has done lately. */
interface Rates {
  slices: Slice[];
  asleep: number;
  busy: number;
  turns: number;
  callsPerTurn: number;
}

function ratesOf(now: Worker, before: Worker | undefined, ns: number): Rates {
  const old = before ?? now;
  const per_second = ns > 0 ? 1e9 / ns : 0;
  const turns = now.turns - old.turns;
  let calls = 0;
  const slices = phases.map((_, i) => {
    const called = now.calls[i] - old.calls[i];
    calls += called;
    return {
      share: ns > 0 ? (now.times[i] - old.times[i]) / ns : 0,
      calls: called * per_second,
      queued: now.queued[i],
    };
  });
  const idle = ns > 0 ? (now.idle - old.idle) / ns : 0;
  const active = ns > 0 ? (now.active - old.active) / ns : 0;
  // A loop that sleeps through the whole second adds to its idle time only when it wakes up.
  const asleep = now.asleep && idle + active < 0.5 ? 1 - active : idle;
  return {
    slices,
    asleep: Math.min(1, asleep),
    busy: now.stuck ? 1 : Math.min(1, active),
    turns: turns * per_second,
    callsPerTurn: turns > 0 ? calls / turns : 0,
  };
}

export function Loop({ stream }: TabProps) {
  const [frozen, setFrozen] = useState<Stream | null>(null);
  const [index, setIndex] = useState(0);
  const [phase, setPhase] = useState(poll_phase);
  const stepping = useSteps(index, frozen !== null);
  useSpace(() => setFrozen(frozen ? null : stream));
  const { now, before } = frozen ?? stream;
  if (!now || now.workers.length === 0) return <p class="soft">Waiting for the first figures…</p>;
  const worker = now.workers.find((w) => w.index === index) ?? now.workers[0];
  const rates = ratesOf(worker, workerOf(before, worker.index), before ? now.uptime - before.uptime : 0);
  const step = frozen ? stepping.steps[stepping.position] : undefined;
  const shown = step?.phase ?? phase;
  return (
    <>
      <Workers now={now} before={before} chosen={worker.index} choose={setIndex} />
      <div class="loop">
        <section class="card" aria-label={`Worker ${worker.index}`}>
          <Wheel
            slices={step ? slicesOf(stepping) : rates.slices}
            asleep={step ? 0 : rates.asleep}
            turnsPerSecond={rates.turns}
            stuck={worker.stuck}
            at={step ? step.phase : null}
            chosen={shown}
            choose={setPhase}
            per={step ? '' : '/s'}
          />
          <p class="says">
            <b style={{ color: phases[shown].colour }}>{phases[shown].name}</b> {phases[shown].says}
          </p>
          <button class="pause" onClick={() => setFrozen(frozen ? null : stream)} title="Space">
            {frozen ? 'Go on' : 'Pause and step'}
          </button>
        </section>
        <div class="beside">
          {frozen && (
            <section class="card" aria-label="Step by step">
              <Steps stepping={stepping} />
            </section>
          )}
          <Figures worker={worker} rates={rates} />
          <Phases rates={rates} chosen={shown} choose={setPhase} />
          <Histogram delay={worker.delay} />
        </div>
      </div>
    </>
  );
}

/** The space bar pauses, but where it belongs to what has the focus. */
function useSpace(act: () => void) {
  const latest = useRef(act);
  latest.current = act;
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== ' ' || (event.target as HTMLElement).closest('a, button, input, select, [role=button]')) return;
      event.preventDefault();
      latest.current();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

function workerOf(live: Live | null, index: number): Worker | undefined {
  return live?.workers.find((w) => w.index === index);
}

function stateOf(worker: Worker): string {
  if (worker.stuck) return `stuck for ${span(worker.stuckFor)}`;
  if (worker.ended) return 'has ended';
  return worker.asleep ? 'asleep' : 'awake';
}

function Workers({ now, before, chosen, choose }: { now: Live; before: Live | null; chosen: number; choose: (i: number) => void }) {
  if (now.workers.length < 2) return null;
  const ns = before ? now.uptime - before.uptime : 0;
  return (
    <div class="workers" role="tablist" aria-label="Workers">
      {now.workers.map((w) => {
        const { busy } = ratesOf(w, workerOf(before, w.index), ns);
        return (
          <button
            role="tab"
            aria-selected={w.index === chosen}
            class={w.stuck ? 'stuck' : ''}
            title={`thread ${w.thread}`}
            onClick={() => choose(w.index)}
          >
            <Dial busy={busy} />
            <span>
              <b>worker {w.index}</b>
              <small>{w.stuck || w.ended ? stateOf(w) : `${percent(busy)} busy`}</small>
            </span>
          </button>
        );
      })}
    </div>
  );
}

/** A small wheel: how much of it is coloured is how busy the worker is. */
function Dial({ busy }: { busy: number }) {
  const around = 2 * Math.PI * 12;
  return (
    <svg class="dial" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
      <circle cx="16" cy="16" r="12" />
      <circle cx="16" cy="16" r="12" class="busy" stroke-dasharray={`${busy * around} ${around}`} transform="rotate(-90 16 16)" />
    </svg>
  );
}

function Figures({ worker, rates }: { worker: Worker; rates: Rates }) {
  const figures: [string, string, string][] = [
    [stateOf(worker), 'just now', 'Whether the loop sleeps in its poll phase'],
    [percent(rates.busy), 'busy', 'The share of the last second in which it did not sleep'],
    [count(rates.turns), 'turns a second', 'How often it went around'],
    [count(rates.callsPerTurn), 'callbacks a turn', 'How much is called on the way, on average'],
    [count(worker.handles), 'keep it alive', 'Timers, operations and holds: without any, the loop ends'],
  ];
  return (
    <dl class={`figures ${worker.stuck ? 'stuck' : ''}`}>
      {figures.map(([value, name, why]) => (
        <div title={why}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Phases({ rates, chosen, choose }: { rates: Rates; chosen: number; choose: (i: number) => void }) {
  return (
    <section class="card">
      <h2>Where the last second went</h2>
      <table class="phases">
        <thead>
          <tr>
            <th scope="col">phase</th>
            <th scope="col">time</th>
            <th scope="col">calls/s</th>
            <th scope="col">queued</th>
          </tr>
        </thead>
        <tbody>
          {phases.map((phase, i) => (
            <tr class={i === chosen ? 'chosen' : ''} onClick={() => choose(i)} title={phase.says}>
              <th scope="row" class={i >= first_inner ? 'inner' : ''}>
                <i style={{ background: phase.colour }} />
                {phase.name}
              </th>
              <td>
                <span class="bar">
                  <span style={{ width: `${rates.slices[i].share * 100}%`, background: phase.colour }} />
                </span>
                <span class="percent">{percent(rates.slices[i].share)}</span>
              </td>
              <td>{count(rates.slices[i].calls)}</td>
              <td>{count(rates.slices[i].queued)}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">
              <i class="sleep" />
              asleep
            </th>
            <td>
              <span class="bar">
                <span class="sleep" style={{ width: `${rates.asleep * 100}%` }} />
              </span>
              <span class="percent">{percent(rates.asleep)}</span>
            </td>
            <td />
            <td />
          </tr>
        </tbody>
      </table>
    </section>
  );
}
