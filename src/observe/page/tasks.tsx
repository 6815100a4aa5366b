// The tab "Tasks": the table, sorted and cut into pages by the program; and one task in detail.
import { useEffect, useState } from 'preact/hooks';

import { useAnswer } from './api';
import { Detail } from './task';
import type { TabProps } from './tabs';
import { count, plural, span } from './words';

export interface Row {
  id: number;
  name: string;
  spawned: string;
  parent: number;
  state: string;
  worker: number;
  suspicions: string[];
  polls: number;
  wakes: number;
  selfWakes: number;
  age: number;
  busy: number;
  idle: number;
  inState: number;
  longest: number;
  waitsFor: string;
  waitsAt: string;
}

interface Answer {
  total: number;
  leftOut: number;
  matching: number;
  offset: number;
  rows: Row[];
  sites: { spawned: string; count: number }[];
}

interface Column {
  key: string;
  title: string;
  says: string;
  /** Left out where there is no room. */
  wide?: boolean;
  number?: boolean;
  cell: (row: Row) => preact.ComponentChildren;
}

const rows_a_page = 50;

const columns: Column[] = [
  { key: 'state', title: 'state', says: 'Ready, running or waiting', cell: (r) => <State row={r} /> },
  {
    key: 'name',
    title: 'task',
    says: 'Its name, or where it was spawned',
    cell: (r) => (
      <a href={`#/tasks/${r.id}`}>
        {r.name || r.spawned || `task ${r.id}`} <small class="soft">#{r.id}</small>
      </a>
    ),
  },
  { key: 'waitsFor', title: 'waits for', says: 'What has to happen before it goes on', cell: (r) => r.waitsFor },
  { key: 'inState', title: 'since', says: 'How long it has been like this', number: true, cell: (r) => span(r.inState) },
  { key: 'polls', title: 'polls', says: 'How often it was resumed', number: true, wide: true, cell: (r) => count(r.polls) },
  { key: 'busy', title: 'busy', says: 'How long it ran, all together', number: true, wide: true, cell: (r) => span(r.busy) },
  { key: 'longest', title: 'longest', says: 'The longest it ran without a pause', number: true, wide: true, cell: (r) => span(r.longest) },
  { key: 'idle', title: 'idle', says: 'How long it did not run', number: true, wide: true, cell: (r) => span(r.idle) },
  { key: 'age', title: 'age', says: 'Since it was spawned', number: true, wide: true, cell: (r) => span(r.age) },
  { key: 'spawned', title: 'spawned at', says: 'The line that has spawned it', wide: true, cell: (r) => <code>{r.spawned}</code> },
];

export function State({ row }: { row: Row }) {
  return (
    <>
      <span class={`badge ${row.state}`}>{row.state}</span>
      {row.suspicions.map((s) => (
        <span class="badge suspicious">{s}</span>
      ))}
    </>
  );
}

/** What was typed, once it has not been changed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 200);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

const filters = ['all', 'suspicious', 'ready', 'running', 'waiting'];

export function Tasks({ rest }: TabProps) {
  const [sort, setSort] = useState({ key: 'id', descends: false });
  const [filter, setFilter] = useState('all');
  const [typed, setTyped] = useState('');
  const [offset, setOffset] = useState(0);
  const search = useSettled(typed);
  const query = { sort: sort.key, order: sort.descends ? 'desc' : 'asc', filter, search, offset, limit: rows_a_page };
  const answer = useAnswer<Answer>('/api/tasks', query, 1000);
  const first = () => setOffset(0);
  const sortBy = (key: string) => {
    setSort({ key, descends: sort.key === key ? !sort.descends : !['id', 'name', 'state', 'spawned', 'waitsFor'].includes(key) });
    first();
  };
  const find = (text: string) => {
    setTyped(text);
    first();
  };
  return (
    <div class={rest[0] ? 'tasks with-detail' : 'tasks'}>
      {rest[0] && <Detail id={Number(rest[0])} />}
      <section class="card">
        <div class="tools">
          <input
            type="search"
            placeholder="Search name, place, what it waits for…"
            aria-label="Search"
            value={typed}
            onInput={(e) => find(e.currentTarget.value)}
          />
          <div class="choice" role="group" aria-label="Filter">
            {filters.map((f) => (
              <button
                aria-pressed={f === filter}
                onClick={() => {
                  setFilter(f);
                  first();
                }}
              >
                {f}
              </button>
            ))}
          </div>
        </div>
        {answer && <Sites answer={answer} find={find} />}
        <table class="list">
          <thead>
            <tr>
              {columns.map((c) => (
                <th
                  scope="col"
                  class={classOf(c)}
                  aria-sort={sort.key === c.key ? (sort.descends ? 'descending' : 'ascending') : undefined}
                >
                  <button onClick={() => sortBy(c.key)} title={c.says}>
                    {c.title}
                    {sort.key === c.key && (sort.descends ? ' ↓' : ' ↑')}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer?.rows.map((row) => (
              <tr key={row.id} class={String(row.id) === rest[0] ? 'chosen' : ''}>
                {columns.map((c) => (
                  <td class={classOf(c)}>{c.cell(row)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {answer && <Pages answer={answer} go={setOffset} />}
      </section>
    </div>
  );
}

function classOf(column: Column): string {
  return `${column.wide ? 'wide' : ''} ${column.number ? 'number' : ''}`.trim();
}

/** Where most of them come from: a leak shows itself here. */
function Sites({ answer, find }: { answer: Answer; find: (text: string) => void }) {
  if (answer.sites.length === 0) return null;
  return (
    <p class="sites soft">
      Most come from{' '}
      {answer.sites.map((site) => (
        <button onClick={() => find(site.spawned)}>
          <code>{site.spawned}</code> × {count(site.count)}
        </button>
      ))}
    </p>
  );
}

function Pages({ answer, go }: { answer: Answer; go: (offset: number) => void }) {
  const { matching, offset, total, leftOut, rows } = answer;
  if (matching === 0) return <p class="soft">None of {plural(total, 'task')}.</p>;
  return (
    <div class="pages">
      <span class="soft" role="status">
        {count(offset + 1)}–{count(offset + rows.length)} of {plural(matching, 'task')}
        {matching < total && ` (${count(total)} in all)`}
        {leftOut > 0 && `; ${count(leftOut)} more were not kept track of`}
      </span>
      <button disabled={offset === 0} onClick={() => go(Math.max(0, offset - rows_a_page))}>
        ← earlier
      </button>
      <button disabled={offset + rows.length >= matching} onClick={() => go(offset + rows_a_page)}>
        later →
      </button>
    </div>
  );
}
