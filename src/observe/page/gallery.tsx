// The tab "Gallery": small programs that explain the loop, step by step. Each has just been run by
// the program that serves this page.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { useAnswer } from './api';
import { first_inner, phases } from './phases';
import type { TabProps } from './tabs';
import { Wheel } from './wheel';
import { span } from './words';

interface Entry {
  name: string;
  title: string;
  question: string;
  article: string;
}

interface Step {
  where: string;
  /** -1: outside of the loop. */
  phase: number;
  runs: string;
  line: number;
  said: string;
  why: string;
  at: number;
  /** Who waits in each phase and queue, the next one first. */
  waiting: string[][];
  blocked: string[];
}

interface Performance extends Entry {
  firstLine: number;
  source: string[];
  backend: string;
  steps: Step[];
}

const play_every = 2600;

export function Gallery({ rest }: TabProps) {
  const list = useAnswer<{ programs: Entry[] }>('/api/gallery', {}, 0);
  if (!list) return <p class="soft">Looking at what there is…</p>;
  const chosen = list.programs.find((p) => p.name === rest[0]) ?? list.programs[0];
  return (
    <div class="gallery">
      <List programs={list.programs} chosen={chosen.name} />
      <Shown name={chosen.name} key={chosen.name} />
    </div>
  );
}

const address = (name: string) => `#/gallery/${name}`;

/** A list at the side; a menu where there is no room for one. */
function List({ programs, chosen }: { programs: Entry[]; chosen: string }) {
  return (
    <>
      <ol class="programs" aria-label="Programs">
        {programs.map((p) => (
          <li>
            <a href={address(p.name)} aria-current={p.name === chosen ? 'true' : undefined}>
              {p.title}
            </a>
          </li>
        ))}
      </ol>
      <select
        class="programs-menu"
        aria-label="Program"
        value={chosen}
        onChange={(e) => (location.hash = address(e.currentTarget.value))}
      >
        {programs.map((p, i) => (
          <option value={p.name}>
            {i + 1}. {p.title}
          </option>
        ))}
      </select>
    </>
  );
}

function Shown({ name }: { name: string }) {
  const seen = useAnswer<Performance>(`/api/gallery/${name}`, {}, 0);
  const [index, setIndex] = useState(0);
  const [playing, setPlaying] = useState(false);
  const last = seen ? seen.steps.length - 1 : 0;
  const go = (by: number) => setIndex((at) => Math.max(0, Math.min(last, at + by)));

  useEffect(() => {
    if (!playing) return;
    if (index >= last) return setPlaying(false);
    const timer = setTimeout(() => setIndex(index + 1), play_every);
    return () => clearTimeout(timer);
  }, [playing, index, last]);
  // Before it is painted: who sees a step can go on from it.
  useLayoutEffect(() => {
    const key = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).closest('input, select, textarea')) return;
      if (event.key === 'ArrowRight') go(1);
      if (event.key === 'ArrowLeft') go(-1);
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  });

  if (!seen) return <p class="soft">It runs…</p>;
  const play = () => {
    if (!playing && index === last) setIndex(0);
    setPlaying(!playing);
  };
  return (
    <article class="performance">
      <div class="question">
        <h2>{seen.title}</h2>
        <p>{seen.question}</p>
      </div>
      <div class="steps" role="group" aria-label="Steps">
        <button onClick={() => go(-1)} disabled={index === 0}>
          ← Back
        </button>
        <button class="play" onClick={play}>
          {playing ? 'Pause' : 'Play'}
        </button>
        <button onClick={() => go(1)} disabled={index === last}>
          Next →
        </button>
        <span class="soft">
          step {index + 1} of {last + 1}, at {span(seen.steps[index].at)}
        </span>
      </div>
      <Now step={seen.steps[index]} />
      <div class="program">
        <Source seen={seen} line={seen.steps[index].line} />
        <Output seen={seen} index={index} />
      </div>
      <Place seen={seen} index={index} />
      <p class="soft after">
        It has just run on {seen.backend}, on a clock that jumps from timer to timer. After an example of:{' '}
        <cite>{seen.article}</cite>
      </p>
    </article>
  );
}

const colour_of = (phase: number) => (phase < 0 ? 'var(--soft)' : phases[phase].colour);

/** What happens, and why. */
function Now({ step }: { step: Step }) {
  return (
    <section class="card now" style={{ '--phase': colour_of(step.phase) }} aria-live="polite">
      <p class="what">
        <b class="badge">{step.where}</b> {step.said !== '' && <code>{step.said}</code>}
      </p>
      <p>{step.why}</p>
    </section>
  );
}

function Source({ seen, line }: { seen: Performance; line: number }) {
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const row = box.current!.querySelector<HTMLElement>('[aria-current]');
    if (!row) return;
    const out = row.offsetTop < box.current!.scrollTop;
    const below = row.offsetTop + row.offsetHeight > box.current!.scrollTop + box.current!.clientHeight;
    if (out || below) box.current!.scrollTop = row.offsetTop - box.current!.clientHeight / 2;
  }, [line]);
  return (
    <pre class="card source" ref={box} tabIndex={0} aria-label="The program">
      {seen.source.map((text, i) => (
        <div aria-current={seen.firstLine + i === line ? 'step' : undefined}>
          <i>{seen.firstLine + i}</i>
          <span>{text === '' ? ' ' : coloured(text)}</span>
        </div>
      ))}
    </pre>
  );
}

const word = /(\/\/.*|"(?:[^"\\]|\\.)*"|\b(?:co_await|co_return|const|static|void|for|if|int|auto|return|try|catch|throw|break)\b)/;

/** Comments, texts and keywords. */
function coloured(text: string) {
  return text.split(word).map((part) => {
    if (part.startsWith('//')) return <em>{part}</em>;
    if (part.startsWith('"')) return <q>{part}</q>;
    return word.test(part) ? <b>{part}</b> : part;
  });
}

/** Where in its turn the loop is, and who waits. */
function Place({ seen, index }: { seen: Performance; index: number }) {
  const step = seen.steps[index];
  const [looked, setLooked] = useState<number | null>(null);
  const slices = phases.map((_, i) => ({
    share: 0,
    calls: seen.steps.slice(0, index + 1).filter((s) => s.phase === i).length,
    queued: step.waiting[i].length,
  }));
  const shown = looked ?? step.phase;
  // A tick of the main module is called in no phase: there is nothing for the hand to point at.
  const turns = seen.steps.slice(0, index + 1).some((s) => s.phase >= 0 && s.phase < first_inner);
  return (
    <section class={`card place ${turns ? '' : 'before'}`} aria-label="The loop">
      <Wheel
        slices={slices}
        asleep={0}
        turnsPerSecond={0}
        stuck={false}
        at={step.phase}
        chosen={shown}
        choose={(phase) => setLooked(phase === looked ? null : phase)}
        per=""
      />
      <div class="queues">
        {phases.map((p, i) => (
          <Queue name={p.name} colour={p.colour} names={step.waiting[i]} />
        ))}
        <Queue name="not ready" colour="var(--soft)" names={step.blocked} />
        {step.waiting.every((q) => q.length === 0) && step.blocked.length === 0 && (
          <p class="soft">Nobody waits.</p>
        )}
        {looked !== null && (
          <p class="soft says">
            <b style={{ color: phases[looked].colour }}>{phases[looked].name}</b> {phases[looked].says}
          </p>
        )}
      </div>
    </section>
  );
}

function Queue(props: { name: string; colour: string; names: string[] }) {
  if (props.names.length === 0) return null;
  return (
    <div class="queue" style={{ '--phase': props.colour }}>
      <small>{props.name}</small>
      <ol>
        {props.names.map((name) => (
          <li>{name}</li>
        ))}
      </ol>
    </div>
  );
}

function Output({ seen, index }: { seen: Performance; index: number }) {
  const lines = seen.steps.slice(0, index + 1).filter((s) => s.line > 0);
  return (
    <section class="card output" aria-label="What it has printed">
      <h2>Output</h2>
      <pre>
        {lines.map((s, i) => (
          <div style={{ '--phase': colour_of(s.phase) }} aria-current={i === index ? 'step' : undefined}>
            {s.said}
          </div>
        ))}
      </pre>
    </section>
  );
}
