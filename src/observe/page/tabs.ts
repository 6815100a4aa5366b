// The parts of the page. Each is a file of its own; to add one, add it here, its style to page.css,
// and its route (add_... in page_server.hpp) where it needs data.
import type { ComponentType } from 'preact';

import { Alive } from './alive';
import type { Live, Stream } from './api';
import { Gallery } from './gallery';
import { Loop } from './loop';
import { Tasks } from './tasks';
import { Waits } from './waits';

export interface Tab {
  /** As in "#/loop". */
  path: string;
  title: string;
  view: ComponentType<TabProps>;
  /** Shown beside the title. */
  count?: (live: Live) => number;
}

export interface TabProps {
  stream: Stream;
  /** What follows the tab's own path: ["12"] of "#/tasks/12". */
  rest: string[];
}

export const tabs: Tab[] = [
  { path: 'loop', title: 'Loop', view: Loop },
  { path: 'tasks', title: 'Tasks', view: Tasks, count: (live) => live.counts.tasks },
  { path: 'waits', title: 'Waits', view: Waits },
  { path: 'alive', title: 'Alive', view: Alive },
  { path: 'gallery', title: 'Gallery', view: Gallery },
];
