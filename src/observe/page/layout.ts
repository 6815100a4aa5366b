// Where the nodes of a graph are drawn: who waits stands left of what is waited for, cycles are
// rings, and what has nothing to do with each other is drawn side by side.

export interface Node {
  id: string;
  kind: 'task' | 'thing' | 'socket' | 'time' | 'more';
  title?: string;
  sub?: string;
  task?: number;
  state?: string;
  suspicions?: string[];
  inState?: number;
  waitsFor?: string;
  waitsAt?: string;
  deadlocked?: boolean;
  count?: number;
}

export interface Edge {
  from: string;
  to: string;
  says: string;
  cycle: boolean;
}

export interface Placed {
  node: Node;
  x: number; // of the middle
  y: number;
}

export interface Layout {
  width: number;
  height: number;
  nodes: Map<string, Placed>;
}

export const box = { width: 172, height: 46 };
const gap = { x: 74, y: 18 };
const margin = 6;

/** On a phone a node and what it waits for still stand side by side. */
function fitTo(room: number) {
  box.width = room < 500 ? 134 : 172;
  gap.x = room < 500 ? 34 : 74;
}

type Names = string[];

/** What hangs together, whichever way the edges point. */
function components(ids: Names, edges: Edge[]): Names[] {
  const root = new Map(ids.map((id) => [id, id]));
  const find = (id: string): string => {
    let at = id;
    while (root.get(at) !== at) at = root.get(at)!;
    root.set(id, at);
    return at;
  };
  for (const { from, to } of edges) root.set(find(from), find(to));
  const groups = new Map<string, Names>();
  for (const id of ids) groups.set(find(id), [...(groups.get(find(id)) ?? []), id]);
  return [...groups.values()];
}

/** What can be reached from itself belongs to one ring (Tarjan's strongly connected components). */
function rings(ids: Names, next: Map<string, Names>): Names[] {
  const found: Names[] = [];
  const number = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: Names = [];
  const visit = (id: string) => {
    number.set(id, number.size);
    low.set(id, number.get(id)!);
    stack.push(id);
    for (const to of next.get(id) ?? []) {
      if (!number.has(to)) visit(to);
      if (stack.includes(to)) low.set(id, Math.min(low.get(id)!, low.get(to)!));
    }
    if (low.get(id) !== number.get(id)) return;
    found.push(stack.splice(stack.indexOf(id)));
  };
  for (const id of ids) if (!number.has(id)) visit(id);
  return found;
}

/** A ring, or a single node, with the places of its nodes relative to its middle. */
interface Block {
  members: Names;
  places: Map<string, [number, number]>;
  width: number;
  height: number;
}

function blockOf(members: Names, next: Map<string, Names>): Block {
  if (members.length === 1) {
    return { members, places: new Map([[members[0], [0, 0]]]), ...box };
  }
  // In the order of the cycle, as far as there is one.
  const ordered: Names = [];
  let at: string | undefined = members[members.length - 1];
  while (at !== undefined) {
    ordered.push(at);
    at = next.get(at)?.find((id) => members.includes(id) && !ordered.includes(id));
  }
  for (const id of members) if (!ordered.includes(id)) ordered.push(id);
  const rx = Math.max(box.width * 0.62, (ordered.length * box.width) / 5.4);
  const ry = Math.max(box.height * 2.3, (ordered.length * box.height) / 2.2);
  const places = new Map<string, [number, number]>();
  ordered.forEach((id, i) => {
    const angle = (2 * Math.PI * i) / ordered.length - Math.PI;
    places.set(id, [rx * Math.cos(angle), ry * Math.sin(angle)]);
  });
  return { members, places, width: 2 * rx + box.width, height: 2 * ry + box.height };
}

/** One component: columns of blocks, as far to the right as the longest way that leads there. */
function place(ids: Names, edges: Edge[]): { width: number; height: number; at: Map<string, [number, number]> } {
  const next = new Map<string, Names>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const blocks = rings(ids, next).map((members) => blockOf(members, next));
  const block_of = new Map(blocks.flatMap((b) => b.members.map((id) => [id, b] as const)));
  const column = new Map<Block, number>();
  // Tarjan finds what is waited for before those who wait; reversed, each comes behind its waiters.
  for (const b of [...blocks].reverse()) {
    const mine = column.get(b) ?? 0;
    column.set(b, mine);
    for (const id of b.members) {
      for (const to of next.get(id) ?? []) {
        const other = block_of.get(to)!;
        if (other !== b) column.set(other, Math.max(column.get(other) ?? 0, mine + 1));
      }
    }
  }
  const columns: Block[][] = [];
  for (const [b, c] of column) (columns[c] ??= []).push(b);
  const heights = columns.map((c) => c.reduce((sum, b) => sum + b.height + gap.y, -gap.y));
  const height = Math.max(...heights);
  const at = new Map<string, [number, number]>();
  let x = 0;
  columns.forEach((blocks_here, c) => {
    const width = Math.max(...blocks_here.map((b) => b.width));
    let y = (height - heights[c]) / 2;
    for (const b of blocks_here) {
      for (const [id, [dx, dy]] of b.places) at.set(id, [x + width / 2 + dx, y + b.height / 2 + dy]);
      y += b.height + gap.y;
    }
    x += width + gap.x;
  });
  return { width: x - gap.x, height, at };
}

export function layOut(nodes: Node[], edges: Edge[], room: number): Layout {
  fitTo(room);
  const by_id = new Map(nodes.map((n) => [n.id, n]));
  const parts = components(
    nodes.map((n) => n.id),
    edges,
  );
  // Deadlocks first, then what is large.
  const weight = (ids: Names) => ids.length + (ids.some((id) => by_id.get(id)!.deadlocked) ? 10_000 : 0);
  parts.sort((a, b) => weight(b) - weight(a));
  const placed = new Map<string, Placed>();
  let [x, y, row, width] = [margin, margin, 0, 0];
  for (const ids of parts) {
    const inside = new Set(ids);
    const part = place(
      ids,
      edges.filter((e) => inside.has(e.from)),
    );
    if (x > margin && x + part.width > room) {
      x = margin;
      y += row + 2 * gap.y;
      row = 0;
    }
    for (const [id, [dx, dy]] of part.at) placed.set(id, { node: by_id.get(id)!, x: x + dx, y: y + dy });
    x += part.width + gap.x;
    row = Math.max(row, part.height);
    width = Math.max(width, x - gap.x);
  }
  return { width: width + margin, height: y + row + margin, nodes: placed };
}
