// What stands above every tab: which program this is, the tabs, and what is wrong with it.
import type { Live, Stream } from './api';
import { tabs, type Tab } from './tabs';
import { count, span } from './words';

export function Header({ stream, shown }: { stream: Stream; shown: Tab }) {
  const live = stream.now;
  return (
    <header>
      <div class="who">
        <Logo />
        <h1>{live ? live.program || 'program' : 'Rondo'}</h1>
        {live && (
          <p class="soft">
            pid {live.pid} · {live.backend} · seen for {span(live.uptime)}
          </p>
        )}
        <p class={`state ${stream.connected ? 'good' : 'bad'}`} role="status">
          {stream.connected ? 'live' : live ? 'the program does not answer any more' : 'connecting'}
        </p>
      </div>
      <nav aria-label="Parts">
        {tabs.map((tab) => (
          <a href={`#/${tab.path}`} aria-current={tab === shown ? 'page' : undefined}>
            {tab.title}
            {live && tab.count && <small>{count(tab.count(live))}</small>}
          </a>
        ))}
      </nav>
    </header>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
      <circle cx="16" cy="16" r="11" fill="none" stroke="var(--poll)" stroke-width="5" />
      <circle cx="16" cy="5" r="4" fill="var(--timers)" />
    </svg>
  );
}

/** What nobody should have to look for. */
export function Warnings({ live }: { live: Live | null }) {
  if (!live) return null;
  const stuck = live.workers.filter((w) => w.stuck);
  if (stuck.length + live.deadlocks.length === 0) return null;
  return (
    <section class="warnings" role="alert" aria-label="What is wrong">
      {stuck.map((w) => (
        <p>
          <strong>Worker {w.index} is stuck.</strong> It has not come back for {span(w.stuckFor)}
          {w.stuckName && (
            <>
              : it is in the task <a href={`#/tasks/${w.stuckTask}`}>“{w.stuckName}”</a>
              {w.stuckAt && `, spawned at ${w.stuckAt}`}
            </>
          )}
          . Everything else of this loop waits for it.
        </p>
      ))}
      {live.deadlocks.map((words) => (
        <p>
          <strong>Deadlock.</strong> {words} <a href="#/waits">Show me</a>
        </p>
      ))}
    </section>
  );
}
