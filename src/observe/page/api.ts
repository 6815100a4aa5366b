// What the program answers, and how it is asked. Times are nanoseconds, places "file.cpp:12".
import { useEffect, useRef, useState } from 'preact/hooks';

export interface Delay {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
  buckets: number[];
}

/** One loop. Figures that only grow are counted since the inspector began. */
export interface Worker {
  index: number;
  thread: string;
  asleep: boolean;
  ended: boolean;
  stuck: boolean;
  stuckFor: number;
  stuckTask: number;
  stuckName: string;
  stuckAt: string;
  answeredAgo: number;
  turns: number;
  idle: number;
  active: number;
  calls: number[];
  times: number[];
  queued: number[];
  handles: number;
  delay: Delay;
  polls: number;
  steals: number;
  parks: number;
  wakes: number;
  ready: number;
}

export interface Live {
  pid: number;
  program: string;
  backend: string;
  uptime: number;
  recorder: boolean;
  counts: {
    tasks: number;
    ready: number;
    running: number;
    waiting: number;
    suspicious: number;
    deadlocks: number;
    handles: number;
    sockets: number;
    jobs: number;
    jobsQueued: number;
  };
  deadlocks: string[];
  workers: Worker[];
}

export type Query = Record<string, string | number>;

/** Asks once. Throws where the program is gone, or does not know us any more. */
export async function ask<T>(path: string, query: Query = {}): Promise<T> {
  const text = new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)]));
  const answer = await fetch(`${path}?${text}`);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** The answer to a question that is asked again every `every` ms while the page is seen. */
export function useAnswer<T>(path: string, query: Query, every: number): T | null {
  const [answer, setAnswer] = useState<T | null>(null);
  const key = path + JSON.stringify(query);
  useEffect(() => {
    let wanted = true;
    let timer = 0;
    const again = () => {
      if (!wanted) return;
      const next = () => {
        if (wanted && every > 0) timer = window.setTimeout(again, every);
      };
      if (document.hidden) return next();
      ask<T>(path, query).then((value) => wanted && setAnswer(value), () => {}).then(next);
    };
    again();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [key, every]);
  return answer;
}

/** What the page knows of the program: the newest event, and the one a second before it. */
export interface Stream {
  now: Live | null;
  before: Live | null;
  connected: boolean;
}

const events_a_second = 4;

/** Follows the program, but not while nobody looks: a browser has few connections to a server. */
export function useLive(): Stream {
  const [stream, setStream] = useState<Stream>({ now: null, before: null, connected: false });
  const last = useRef<Live[]>([]);
  useEffect(() => {
    let source: EventSource | null = null;
    const open = () => {
      source = new EventSource('/api/live');
      source.onmessage = (event) => {
        const now: Live = JSON.parse(event.data);
        last.current.push(now);
        if (last.current.length > events_a_second + 1) last.current.shift();
        setStream({ now, before: last.current[0], connected: true });
      };
      source.onerror = () => setStream((s) => ({ ...s, connected: false }));
    };
    const follow = () => {
      if (document.hidden) {
        source?.close();
        source = null;
        last.current = [];
      } else if (!source) {
        open();
      }
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
      source?.close();
    };
  }, []);
  return stream;
}
