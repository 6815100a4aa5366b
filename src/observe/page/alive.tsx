// The tab "Alive": what keeps the loop from ending, and what the program has open.
import { useAnswer } from './api';
import { count, plural, span } from './words';

interface Socket {
  fd: number;
  kind: string;
  local: string;
  peer: string;
  state: string;
  unread: number;
  unsent: number;
}

interface Answer {
  handles: number;
  timers: { count: number; list: { worker: number; what: string; where: string; due: number }[] };
  others: { count: number; list: { worker: number; what: string; where: string; count: number }[] };
  sockets: { count: number; list: Socket[] };
  jobs: { count: number; queued: number; list: { name: string; runningFor: number }[] };
}

export function Alive() {
  const answer = useAnswer<Answer>('/api/alive', {}, 1000);
  if (!answer) return <p class="soft">Asking…</p>;
  return (
    <div class="alive">
      <Others answer={answer} />
      <Timers answer={answer} />
      <Sockets answer={answer} />
      <Jobs answer={answer} />
    </div>
  );
}

function More({ count: all, shown }: { count: number; shown: number }) {
  return all > shown ? <p class="soft">and {count(all - shown)} more</p> : null;
}

function Others({ answer }: { answer: Answer }) {
  const { list } = answer.others;
  return (
    <section class="card">
      <h2>What keeps the loop alive</h2>
      <p class="soft">
        {answer.handles === 0
          ? 'Nothing does: it ends with this turn.'
          : `${plural(answer.handles, 'thing')}, timers included. The loop ends when the last of them is gone; whoever stays here for ever is why a program does not end.`}
      </p>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">what</th>
            <th scope="col">begun at</th>
            <th scope="col" class="number">how many</th>
          </tr>
        </thead>
        <tbody>
          {list.map((handle) => (
            <tr>
              <td>{handle.what}</td>
              <td>
                <code>{handle.where}</code>
              </td>
              <td class="number">{count(handle.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const horizon = 10e9; // nanoseconds: how far the bars reach

function Timers({ answer }: { answer: Answer }) {
  const { list, count: all } = answer.timers;
  const shown = list.slice(0, 30);
  return (
    <section class="card">
      <h2>Timers due next</h2>
      {all === 0 && <p class="soft">No timer is set.</p>}
      {all > 0 && (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">in</th>
              <th scope="col" class="when" aria-hidden="true" />
              <th scope="col">what</th>
              <th scope="col">set at</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((timer) => (
              <tr>
                <td>{timer.due > 0 ? span(timer.due) : 'now'}</td>
                <td class="when" aria-hidden="true">
                  <span class="bar">
                    <span style={{ width: `${Math.min(100, (100 * Math.log1p(Math.max(0, timer.due) / 1e6)) / Math.log1p(horizon / 1e6))}%` }} />
                  </span>
                </td>
                <td>{timer.what}</td>
                <td>
                  <code>{timer.where}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <More count={all} shown={shown.length} />
    </section>
  );
}

function bytes(n: number): string {
  if (n < 0) return '';
  return n < 10_000 ? `${n} B` : n < 1e7 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`;
}

function Sockets({ answer }: { answer: Answer }) {
  const { list, count: all } = answer.sockets;
  return (
    <section class="card both">
      <h2>
        Open sockets <small class="soft">{count(all)}</small>
      </h2>
      {all === 0 && <p class="soft">None.</p>}
      {all > 0 && (
        <table class="list">
          <thead>
            <tr>
              <th scope="col" class="number">fd</th>
              <th scope="col">kind</th>
              <th scope="col" class="wide">here</th>
              <th scope="col">peer</th>
              <th scope="col">state</th>
              <th scope="col" class="number" title="Bytes that have arrived and were not read yet">unread</th>
              <th scope="col" class="number" title="Bytes that were written and are not with the peer yet">unsent</th>
            </tr>
          </thead>
          <tbody>
            {list.map((s) => (
              <tr>
                <td class="number">{s.fd}</td>
                <td>{s.kind}</td>
                <td class="wide">
                  <code>{s.local}</code>
                </td>
                <td>
                  <code>{s.peer || (s.state === 'listening' ? s.local : '')}</code>
                </td>
                <td>{s.state}</td>
                <td class="number">{bytes(s.unread)}</td>
                <td class={`number ${s.unsent > 65536 ? 'much' : ''}`}>{bytes(s.unsent)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <More count={all} shown={list.length} />
    </section>
  );
}

function Jobs({ answer }: { answer: Answer }) {
  const { list, queued, count: all } = answer.jobs;
  return (
    <section class="card both">
      <h2>Thread pool</h2>
      <p class="soft">
        {all === 0 && queued === 0
          ? 'No work that would hold the loop is under way.'
          : `${plural(all, 'job')} under way, ${count(queued)} waiting for a thread.`}
      </p>
      {list.length > 0 && (
        <table class="list">
          <tbody>
            {list.map((job) => (
              <tr>
                <td>{job.name || 'a job without a name'}</td>
                <td class="number">for {span(job.runningFor)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
