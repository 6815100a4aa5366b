// Figures as people read them.

const units: [number, string][] = [
  [86_400e9, 'd'],
  [3_600e9, 'h'],
  [60e9, 'min'],
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
];

/** "1.3 ms" of nanoseconds. */
export function span(ns: number): string {
  if (ns < 1) return '0';
  for (const [size, unit] of units) {
    if (ns < size) continue;
    const value = ns / size;
    const digits = size === 1 || value >= 100 ? 0 : value >= 10 || size > 1e9 ? 1 : 2;
    return `${value.toFixed(digits)} ${unit}`;
  }
  return '0';
}

/** "1,234", or "12.3 k" above ten thousand. */
export function count(n: number): string {
  if (n >= 1e7) return `${(n / 1e6).toFixed(1)} M`;
  if (n >= 1e4) return `${(n / 1e3).toFixed(1)} k`;
  if (n > 0 && n < 10 && !Number.isInteger(n)) return n.toFixed(1);
  return Math.round(n).toLocaleString('en');
}

export function percent(share: number): string {
  const value = Math.max(0, Math.min(1, share)) * 100;
  return value > 0 && value < 0.1 ? '<0.1 %' : `${value.toFixed(value < 10 ? 1 : 0)} %`;
}

/** "1 task", "2 tasks". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
