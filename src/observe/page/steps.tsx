// The last turns, event by event: what is under the wheel while the page is paused.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { ask } from './api';
import { phases } from './phases';
import { slicesAt, stepsOf, type Recording, type Step } from './recording';
import type { Slice } from './wheel';
import { plural, span } from './words';

/** A recording that is being gone through, and where. */
export interface Stepping {
  recording: Recording | null;
  steps: Step[];
  position: number;
  go: (to: number) => void;
  open: (track: number) => void;
}

const events_asked_for = 1000;

/** The track of a worker's thread, by its name: "loop" where there is only one. */
function trackOf(recording: Recording, worker: number): number {
  const named = recording.tracks.filter((t) => t.name.endsWith(String(worker)) || t.name === 'loop');
  return (named[0] ?? recording.tracks[0])?.index ?? 0;
}

/** Loads what the recorder holds of `worker`, once, when `active` begins. */
export function useSteps(worker: number, active: boolean): Stepping {
  const [recording, setRecording] = useState<Recording | null>(null);
  const [position, setPosition] = useState(0);
  const steps = useMemo(() => stepsOf(recording?.events ?? []), [recording]);
  const open = async (track: number) => {
    const got = await ask<Recording>('/api/events', { track, limit: events_asked_for });
    setRecording(got);
    setPosition(Math.max(0, got.events.length - 1));
  };
  useEffect(() => {
    setRecording(null);
    if (!active) return;
    ask<Recording>('/api/events', { limit: 1 }).then((all) => open(trackOf(all, worker)), () => {});
  }, [active, worker]);
  const go = (to: number) => setPosition(Math.max(0, Math.min(steps.length - 1, to)));
  return { recording, steps, position, go, open };
}

export function slicesOf({ steps, position }: Stepping): Slice[] {
  return steps.length > 0 ? slicesAt(steps, position) : phases.map(() => ({ share: 0, calls: 0, queued: 0 }));
}

/** The next event of another turn, in a direction. */
function otherTurn(steps: Step[], position: number, by: number): number {
  let at = position;
  while (steps[at + by] && steps[at + by].turn === steps[position].turn) at += by;
  return at + by;
}

export function Steps({ stepping }: { stepping: Stepping }) {
  const { recording, steps, position, go, open } = stepping;
  useKeys(stepping);
  if (!recording) return <p class="soft">Reading the flight recorder…</p>;
  if (!recording.recorder) {
    return (
      <p class="soft">
        There is nothing to step through: this program has no flight recorder. Give it a <code>probe::recorder</code>, by{' '}
        <code>loop_options</code> or <code>runtime_options</code>, and by <code>inspect_options</code>.
      </p>
    );
  }
  const step = steps[position];
  return (
    <div class="steps">
      {recording.tracks.length > 1 && (
        <label class="soft">
          Thread{' '}
          <select value={recording.track ?? 0} onChange={(e) => open(Number(e.currentTarget.value))}>
            {recording.tracks.map((t) => (
              <option value={t.index}>
                {t.name}
                {t.open ? '' : ' (ended)'}
              </option>
            ))}
          </select>
        </label>
      )}
      <div class="buttons" role="group" aria-label="Step">
        <button onClick={() => go(otherTurn(steps, position, -1))} title="One turn back (page up)">◀◀ turn</button>
        <button onClick={() => go(position - 1)} disabled={position <= 0} title="One event back (left)">◀ back</button>
        <button onClick={() => go(position + 1)} disabled={position >= steps.length - 1} title="One event on (right)">step ▶</button>
        <button onClick={() => go(otherTurn(steps, position, 1))} title="One turn on (page down)">turn ▶▶</button>
      </div>
      <input
        type="range"
        min="0"
        max={Math.max(0, steps.length - 1)}
        value={position}
        aria-label="Which event"
        onInput={(e) => go(Number(e.currentTarget.value))}
      />
      {step ? (
        <>
          <p class="saying" aria-live="polite">
            {step.words}
          </p>
          <p class="soft where">
            Event {position + 1} of {steps.length}, turn {step.turn}, {phases[step.phase].name};{' '}
            {span(steps[steps.length - 1].event.at - step.event.at)} before the last one.
          </p>
          <Around steps={steps} position={position} go={go} />
        </>
      ) : (
        <p class="soft">Nothing was recorded on this thread yet.</p>
      )}
      {lostOf(recording) > 0 && <p class="soft">{plural(lostOf(recording), 'older event')} made room for these.</p>}
    </div>
  );
}

function lostOf(recording: Recording): number {
  return recording.tracks.find((t) => t.index === recording.track)?.lost ?? 0;
}

/** The events before and after. */
function Around({ steps, position, go }: { steps: Step[]; position: number; go: (to: number) => void }) {
  const first = Math.max(0, Math.min(position - 5, steps.length - 11));
  return (
    <ol class="around" start={first + 1}>
      {steps.slice(first, first + 11).map((step, i) => (
        <li class={first + i === position ? 'here' : ''} aria-current={first + i === position ? 'step' : undefined}>
          <i style={{ background: phases[step.phase].colour }} title={phases[step.phase].name} />
          <button onClick={() => go(first + i)}>{step.words}</button>
        </li>
      ))}
    </ol>
  );
}

/** The arrows step, wherever the focus is, but not while somebody writes. */
function useKeys(stepping: Stepping) {
  const latest = useRef(stepping);
  latest.current = stepping;
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const { steps, position, go } = latest.current;
      if ((event.target as HTMLElement).closest('input, select') || steps.length === 0) return;
      const moves: Record<string, () => number> = {
        ArrowLeft: () => position - 1,
        ArrowRight: () => position + 1,
        PageUp: () => otherTurn(steps, position, -1),
        PageDown: () => otherTurn(steps, position, 1),
        Home: () => 0,
        End: () => steps.length - 1,
      };
      if (!moves[event.key]) return;
      event.preventDefault();
      go(moves[event.key]());
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}
