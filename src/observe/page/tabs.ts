// The parts of the page. Each is a file of its own; to add one, add it here, and its route
// (page_server.hpp) where it needs data.
import type { ComponentType } from 'preact';

import type { Live, Stream } from './api';
import { Loop } from './loop';

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

export const tabs: Tab[] = [{ path: 'loop', title: 'Loop', view: Loop }];
