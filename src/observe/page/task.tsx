// One task: what it does or waits for, since when, its async stack, and whom it has to do with.
import { useAnswer } from './api';
import { State, type Row } from './tasks';
import { count, plural, span } from './words';

interface Link {
  id: number;
  title: string;
  lives: boolean;
}

interface Answer {
  task: Row | null;
  stack: { at: string; in: string }[];
  parent: Link | null;
  wokenBy: Link | null;
  joins: Link | null;
  holder: Link | null;
  holds: { what: string; on: string }[];
  children: Link[];
  otherChildren: number;
}

function To({ link }: { link: Link }) {
  return link.lives ? <a href={`#/tasks/${link.id}`}>{link.title}</a> : <>{link.title}</>;
}

/** What it does, as a sentence. */
function Doing({ of }: { of: Answer }) {
  const { task, joins, holder } = of;
  if (task!.state === 'running') return <>It has been running for {span(task!.inState)} on worker {task!.worker}.</>;
  if (task!.state === 'ready') {
    return task!.polls === 0 ? (
      <>It was spawned {span(task!.inState)} ago and has not run yet.</>
    ) : (
      <>It may go on, and has waited for its turn for {span(task!.inState)}.</>
    );
  }
  return (
    <>
      It has waited for {span(task!.inState)}: {task!.waitsFor || 'no telling for what'}
      {task!.waitsAt && (
        <>
          , at <code>{task!.waitsAt}</code>
        </>
      )}
      {joins && (
        <>
          , of <To link={joins} />
        </>
      )}
      {holder && (
        <>
          ; <To link={holder} /> has it
        </>
      )}
      .
    </>
  );
}

export function Detail({ id }: { id: number }) {
  const answer = useAnswer<Answer>('/api/task', { id }, 1000);
  const close = (
    <a class="close" href="#/tasks" aria-label="Close">
      ×
    </a>
  );
  if (!answer) return <aside class="card detail">{close}</aside>;
  const task = answer.task;
  if (!task) {
    return (
      <aside class="card detail" aria-label={`Task ${id}`}>
        {close}
        <h2>Task {id}</h2>
        <p>It has ended.</p>
      </aside>
    );
  }
  const facts: [string, string][] = [
    ['age', span(task.age)],
    ['busy', span(task.busy)],
    ['polls', count(task.polls)],
    ['longest', span(task.longest)],
    ['woken', `${count(task.wakes)} ×`],
    ['by itself', `${count(task.selfWakes)} ×`],
  ];
  return (
    <aside class="card detail" aria-label={`Task ${id}`}>
      {close}
      <h2>
        {task.name || `task ${task.id}`} <small class="soft">#{task.id}</small>
      </h2>
      <p>
        <State row={task} />
      </p>
      <p>
        <Doing of={answer} />
      </p>
      <dl class="figures small">
        {facts.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3>Async stack</h3>
      {answer.stack.length > 0 ? (
        <ol class="stack">
          {answer.stack.map((frame) => (
            <li title={frame.in}>
              <code>{frame.at}</code>
              <small class="soft">{shortened(frame.in)}</small>
            </li>
          ))}
          <li>
            <code>{task.spawned}</code>
            <small class="soft">where it was spawned</small>
          </li>
        </ol>
      ) : (
        <p class="soft">It waits nowhere now. It was spawned at {task.spawned || 'a place that is not known'}.</p>
      )}
      {answer.parent && (
        <p>
          It belongs to <To link={answer.parent} />.
        </p>
      )}
      {answer.wokenBy && (
        <p>
          Woken last by <To link={answer.wokenBy} />.
        </p>
      )}
      {answer.holds.length > 0 && <p>It holds {answer.holds.map((h) => `a ${h.what}`).join(', ')}.</p>}
      {answer.children.length > 0 && (
        <p>
          {plural(answer.children.length + answer.otherChildren, 'child', 'children')}:{' '}
          {answer.children.map((child, i) => (
            <>
              {i > 0 && ', '}
              <To link={child} />
            </>
          ))}
          {answer.otherChildren > 0 && '…'}
        </p>
      )}
      <p>
        <a href={`#/waits/${task.id}`}>Show whom it waits for, and who waits for it</a>
      </p>
    </aside>
  );
}

/** "eat" of "rondo::task<> (anonymous namespace)::eat(rondo::mutex &)". */
function shortened(name: string): string {
  const before = name.replace(/\(anonymous namespace\)::/g, '').split('(')[0];
  return before.split(' ').pop() ?? name;
}
