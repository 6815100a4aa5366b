// How late the loop is, as a histogram whose columns are twice as wide each time.
import type { Delay } from './api';
import { count, span } from './words';

const first_limit = 16_000; // nanoseconds

function limitOf(bucket: number): number {
  return first_limit * 2 ** bucket;
}

export function Histogram({ delay }: { delay: Delay }) {
  const { buckets } = delay;
  let last = buckets.length - 1;
  while (last > 8 && buckets[last] === 0) --last;
  const shown = buckets.slice(0, last + 1);
  const most = Math.max(1, ...shown);
  const figures: [string, number][] = [
    ['half within', delay.p50],
    ['90 %', delay.p90],
    ['99 %', delay.p99],
    ['longest', delay.max],
  ];
  return (
    <section class="card">
      <h2>How late the loop is</h2>
      <p class="soft">
        A timer of its own asks {delay.count ? `(${count(delay.count)} times so far) ` : ''}how long after its time it is
        called. Whatever holds the loop makes it late, and everybody else too.
      </p>
      <div
        class="histogram"
        role="img"
        aria-label={`Half within ${span(delay.p50)}, 99 % within ${span(delay.p99)}, the longest ${span(delay.max)}`}
      >
        {shown.map((n, i) => (
          <span
            class={limitOf(i) > 100e6 ? 'bad' : limitOf(i) > 10e6 ? 'fair' : ''}
            title={`${count(n)} below ${span(limitOf(i))}`}
            style={{ height: n === 0 ? '1px' : `${8 + (92 * Math.log1p(n)) / Math.log1p(most)}%` }}
          />
        ))}
      </div>
      <div class="axis" aria-hidden="true">
        <span>{span(first_limit)}</span>
        <span>{span(limitOf(Math.floor(last / 2)))}</span>
        <span>{span(limitOf(last))}</span>
      </div>
      <dl class="figures small">
        {figures.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{span(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
