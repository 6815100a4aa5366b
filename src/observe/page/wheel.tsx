// The loop as a wheel: six phases around the hub with the two queues that are emptied within each.
// How far a phase is filled says how much of the time went there.
import { useEffect, useRef } from 'preact/hooks';

import { first_inner, phases, poll_phase } from './phases';
import { count } from './words';

/** What a phase, or a queue of the hub, shows. */
export interface Slice {
  /** Of the time, 0 to 1. */
  share: number;
  /** Callbacks a second, or in this turn. */
  calls: number;
  queued: number;
}

export interface WheelProps {
  slices: Slice[];
  /** Of the time, in the poll phase. */
  asleep: number;
  turnsPerSecond: number;
  stuck: boolean;
  /** Where the hand stands while single events are looked at; null: it turns. */
  at: number | null;
  chosen: number;
  choose: (phase: number) => void;
  /** "/s", or nothing. */
  per: string;
}

const middle = 210;
const hub = 74;
const inner = 82;
const outer = 186;
const sectors = first_inner;

function point(radius: number, degrees: number): [number, number] {
  const angle = ((degrees - 90) * Math.PI) / 180;
  return [middle + radius * Math.cos(angle), middle + radius * Math.sin(angle)];
}

/** A part of a ring, clockwise. */
function ring(from: number, to: number, r0: number, r1: number): string {
  const p = (r: number, d: number) => point(r, d).map((n) => n.toFixed(2)).join(' ');
  return `M${p(r1, from)}A${r1} ${r1} 0 0 1 ${p(r1, to)}L${p(r0, to)}A${r0} ${r0} 0 0 0 ${p(r0, from)}Z`;
}

/** The radius up to which a sector is filled, so that areas and not lengths are compared. */
function filled(share: number): number {
  const part = Math.max(0, Math.min(1, share));
  return Math.sqrt(inner * inner + part * (outer * outer - inner * inner));
}

function onKey(act: () => void) {
  return (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    act();
  };
}

function Sector({ index, wheel }: { index: number; wheel: WheelProps }) {
  const phase = phases[index];
  const slice = wheel.slices[index];
  const centre = (360 / sectors) * index;
  const from = centre - 180 / sectors + 0.8;
  const to = centre + 180 / sectors - 0.8;
  const [x, y] = point((inner + outer) / 2, centre);
  const asleep = index === poll_phase ? wheel.asleep : 0;
  const worked = filled(slice.share);
  return (
    <g
      class={`sector ${wheel.chosen === index ? 'chosen' : ''} ${wheel.at === index ? 'here' : ''}`}
      style={{ color: phase.colour }}
      role="button"
      tabindex={0}
      aria-label={`${phase.name}: ${count(slice.calls)} callbacks${wheel.per}, ${slice.queued} queued`}
      onClick={() => wheel.choose(index)}
      onKeyDown={onKey(() => wheel.choose(index))}
    >
      <title>{phase.says}</title>
      <path class="ground" d={ring(from, to, inner, outer)} />
      {slice.share > 0.001 && <path class="filled" d={ring(from, to, inner, worked)} />}
      {asleep > 0.001 && (
        <path class="asleep" d={ring(from, to, worked, filled(slice.share + asleep))} />
      )}
      <text x={x} y={y - 5} class="name">
        {phase.name}
      </text>
      <text x={x} y={y + 13} class="figure">
        {count(slice.calls)}
        {wheel.per}
      </text>
      <Queue x={x} y={y + 27} queued={slice.queued} />
    </g>
  );
}

/** Who waits, as a row of dots; many as a number. */
function Queue({ x, y, queued }: { x: number; y: number; queued: number }) {
  if (queued === 0) return null;
  if (queued > 7) {
    return (
      <text x={x} y={y + 4} class="queued">
        {count(queued)} queued
      </text>
    );
  }
  const dots = Array.from({ length: queued }, (_, i) => x + (i - (queued - 1) / 2) * 10);
  return (
    <g class="dots">
      {dots.map((at) => (
        <circle cx={at} cy={y} r="3.2" />
      ))}
    </g>
  );
}

function Hub({ wheel }: { wheel: WheelProps }) {
  const half = (index: number, path: string, y: number) => {
    const slice = wheel.slices[index];
    const { name, colour, says } = phases[index];
    return (
      <g
        class={`sector ${wheel.chosen === index ? 'chosen' : ''} ${wheel.at === index ? 'here' : ''}`}
        style={{ color: colour }}
        role="button"
        tabindex={0}
        aria-label={`${name}: ${count(slice.calls)} callbacks${wheel.per}, ${slice.queued} queued`}
        onClick={() => wheel.choose(index)}
        onKeyDown={onKey(() => wheel.choose(index))}
      >
        <title>{says}</title>
        <path class="ground" d={path} />
        <text x={middle} y={y} class="name">
          {name}
        </text>
        <text x={middle} y={y + 16} class="figure">
          {count(slice.calls)}
          {wheel.per}
        </text>
        <Queue x={middle} y={y + (index === first_inner ? -22 : 29)} queued={slice.queued} />
      </g>
    );
  };
  const left = `${middle - hub} ${middle}`;
  const right = `${middle + hub} ${middle}`;
  return (
    <>
      {half(first_inner, `M${left}A${hub} ${hub} 0 0 1 ${right}Z`, middle - 26)}
      {half(first_inner + 1, `M${right}A${hub} ${hub} 0 0 1 ${left}Z`, middle + 20)}
    </>
  );
}

/** How far the hand goes in `seconds`: it takes its time where the loop sleeps. */
function advance(degrees: number, seconds: number, asleep: number, turnsPerSecond: number): number {
  if (turnsPerSecond <= 0) return degrees;
  const around = Math.min(1.2, 0.15 + Math.log10(1 + turnsPerSecond) * 0.2); // seen turns a second
  const in_poll = Math.abs(((degrees + 180) % 360) - 180) > 150;
  const poll_share = Math.max(1 / sectors, Math.min(0.8, asleep));
  const share = in_poll ? poll_share : (1 - poll_share) / (sectors - 1);
  return (degrees + (seconds * around * (360 / sectors)) / share) % 360;
}

function Hand({ wheel }: { wheel: WheelProps }) {
  const element = useRef<SVGGElement>(null);
  const degrees = useRef(180);
  const { at, stuck, asleep, turnsPerSecond } = wheel;
  useEffect(() => {
    const show = () => element.current!.setAttribute('transform', `rotate(${degrees.current} ${middle} ${middle})`);
    const still = at !== null || stuck || matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (still) {
      if (at !== null && at < sectors) degrees.current = (360 / sectors) * at;
      show();
      return;
    }
    let frame = 0;
    let before = performance.now();
    const turn = (now: number) => {
      degrees.current = advance(degrees.current, Math.min(0.1, (now - before) / 1000), asleep, turnsPerSecond);
      before = now;
      show();
      frame = requestAnimationFrame(turn);
    };
    frame = requestAnimationFrame(turn);
    return () => cancelAnimationFrame(frame);
  }, [at, stuck, asleep, turnsPerSecond]);
  return (
    <g ref={element} class="hand">
      <path d={`M${middle - 9} ${middle - outer - 19}h18l-9 15z`} />
    </g>
  );
}

export function Wheel(wheel: WheelProps) {
  return (
    <svg
      class={`wheel ${wheel.stuck ? 'stuck' : ''}`}
      viewBox="0 0 420 420"
      role="group"
      aria-label="The phases of a turn, clockwise from the top"
    >
      <circle class="way" cx={middle} cy={middle} r={outer + 11} />
      {phases.slice(0, sectors).map((_, i) => (
        <Sector index={i} wheel={wheel} />
      ))}
      <Hub wheel={wheel} />
      <Hand wheel={wheel} />
    </svg>
  );
}
