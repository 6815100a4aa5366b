// The tab "Waits": who waits for whom, as a graph, with deadlocks in words.
import { useEffect, useRef, useState } from 'preact/hooks';

import { useAnswer } from './api';
import { box, layOut, type Edge, type Layout, type Node, type Placed } from './layout';
import type { TabProps } from './tabs';
import { count, plural, span } from './words';

interface Answer {
  nodes: Node[];
  edges: Edge[];
  drawn: number;
  tasks: number;
  deadlocks: { tasks: number[]; words: string }[];
}

export function Waits({ rest }: TabProps) {
  const around = Number(rest[0] ?? 0);
  const answer = useAnswer<Answer>('/api/graph', { around }, 1500);
  const card = useRef<HTMLElement>(null);
  const [room, setRoom] = useState(900);
  useEffect(() => {
    const measure = () => card.current && setRoom(card.current.clientWidth - 26);
    measure();
    addEventListener('resize', measure);
    return () => removeEventListener('resize', measure);
  }, [answer === null]);
  if (!answer) return <p class="soft">Asking…</p>;
  return (
    <>
      {answer.deadlocks.map((d) => (
        <section class="card deadlock">
          <h2>
            Deadlock: {plural(d.tasks.length, 'task')} {d.tasks.length === 1 ? 'waits for itself' : 'wait for each other'}, and none can go on
          </h2>
          <ol>
            {d.words.split('; ').map((sentence) => (
              <li>{sentence}</li>
            ))}
          </ol>
        </section>
      ))}
      <section class="card" ref={card}>
        <h2>
          {around ? `What task ${around} has to do with` : 'Who waits for whom'}
          {around > 0 && (
            <>
              {' '}
              <a href="#/waits">show all</a>
            </>
          )}
        </h2>
        <p class="soft">
          An arrow leads from who waits to what it waits for: another task, a lock, a channel, a socket, time. Click on a task to see
          all of it.
          {answer.drawn < answer.tasks && ` ${count(answer.drawn)} of ${plural(answer.tasks, 'task')} are drawn.`}
        </p>
        {answer.nodes.length === 0 ? (
          <p>{around ? 'Nothing: it waits for nobody, and nobody for it.' : 'Nobody waits for anybody.'}</p>
        ) : (
          <div class="graph">
            <Graph layout={layOut(answer.nodes, answer.edges, room)} edges={answer.edges} around={around} />
          </div>
        )}
      </section>
    </>
  );
}

function Graph({ layout, edges, around }: { layout: Layout; edges: Edge[]; around: number }) {
  return (
    <svg width={layout.width} height={layout.height} role="group" aria-label="Who waits for whom">
      <defs>
        {['', 'cycle'].map((kind) => (
          <marker id={`arrow${kind}`} class={kind} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0.5L8 4L0 7.5z" />
          </marker>
        ))}
      </defs>
      {edges.map((edge) => (
        <Arrow edge={edge} from={layout.nodes.get(edge.from)!} to={layout.nodes.get(edge.to)!} />
      ))}
      {[...layout.nodes.values()].map((placed) => (
        <Box key={placed.node.id} placed={placed} chosen={placed.node.task === around} />
      ))}
    </svg>
  );
}

/** Where the line from the middle of a box leaves it. */
function border(from: Placed, to: Placed): [number, number] {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const by = Math.min(box.width / 2 / Math.abs(dx || 1e-9), box.height / 2 / Math.abs(dy || 1e-9));
  return [from.x + dx * by, from.y + dy * by];
}

function Arrow({ edge, from, to }: { edge: Edge; from: Placed; to: Placed }) {
  if (from === to) return null;
  const forward = to.x - from.x > box.width;
  const [x0, y0] = forward ? [from.x + box.width / 2, from.y] : border(from, to);
  const [x1, y1] = forward ? [to.x - box.width / 2, to.y] : border(to, from);
  const bend = forward ? (x1 - x0) / 2 : 0;
  return (
    <g class={`edge ${edge.cycle ? 'cycle' : ''}`}>
      <title>{edge.says}</title>
      <path d={`M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`} marker-end={`url(#arrow${edge.cycle ? 'cycle' : ''})`} />
      {edge.cycle && (
        <text x={(x0 + x1) / 2} y={(y0 + y1) / 2 - 4}>
          {edge.says}
        </text>
      )}
    </g>
  );
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function captions(node: Node): [string, string] {
  switch (node.kind) {
    case 'task':
      return [node.title ?? '', node.state === 'waiting' ? `${span(node.inState ?? 0)}, ${node.waitsAt || node.waitsFor}` : (node.state ?? 'ended')];
    case 'socket':
      return [node.title ?? '', `socket, descriptor ${node.sub}`];
    case 'time':
      return ['time', 'timers'];
    case 'more':
      return [`${count(node.count ?? 0)} more`, node.sub ?? ''];
    case 'thing':
      return [node.title ?? '', `…${(node.sub ?? '').slice(-6)}`];
  }
}

function Box({ placed, chosen }: { placed: Placed; chosen: boolean }) {
  const { node, x, y } = placed;
  const [title, sub] = captions(node);
  const drawn = (
    <g
      class={`node ${node.kind} ${node.deadlocked ? 'deadlocked' : ''} ${chosen ? 'chosen' : ''} ${node.suspicions?.length ? 'odd' : ''}`}
      transform={`translate(${x - box.width / 2} ${y - box.height / 2})`}
    >
      <title>{[node.title, node.waitsFor && `waits for: ${node.waitsFor}`, ...(node.suspicions ?? [])].filter(Boolean).join('\n')}</title>
      <rect width={box.width} height={box.height} rx={node.kind === 'task' ? 8 : box.height / 2} />
      <text class="name" x={box.width / 2} y="19">
        {cut(title, Math.floor(box.width / 7.6))}
      </text>
      <text class="sub" x={box.width / 2} y="35">
        {cut(sub, Math.floor(box.width / 6.6))}
      </text>
    </g>
  );
  return node.task ? (
    <a href={`#/tasks/${node.task}`} aria-label={`task ${title}, ${sub}`}>
      {drawn}
    </a>
  ) : (
    drawn
  );
}
