/** One stroke or fill of an icon on a 16 × 16 grid. */
export interface IconPart {
  readonly d: string
  /** Dash pattern of the stroke. */
  readonly dash?: string
  /** Filled instead of stroked. */
  readonly filled?: true
}

const RING = 'M13.5 8A5.5 5.5 0 1 1 2.5 8a5.5 5.5 0 0 1 11 0Z'

const line = (d: string): readonly IconPart[] => [{ d }]
const solid = (d: string): readonly IconPart[] => [{ d, filled: true }]

/** Every icon by name. Each state has its own outline, so that it can be told without colour. */
export const ICONS = {
  again: line('M13 8a5 5 0 1 1-1.5-3.5M13 2.5v3h-3'),
  ban: line(`${RING}M4.2 4.2l7.6 7.6`),
  bell: line('M4 11V7a4 4 0 0 1 8 0v4l1 1.5H3Zm3 3h2'),
  check: line('m3.5 8.5 3 3 6-7'),
  clock: line(`${RING}M8 5v3l2 1.5`),
  copy: line('M6 5.5h6.5v8H6ZM10 5.5v-3H3.5v8H6'),
  degraded: solid(
    'M8.9 2.2a1 1 0 0 0-1.8 0l-5.7 10.4c-.4.7.1 1.4.9 1.4h11.4c.8 0 1.3-.7.9-1.4ZM7.2 6a.8.8 0 0 1 1.6 0v3a.8.8 0 0 1-1.6 0Zm.8 6.2a.9.9 0 1 1 0-1.8.9.9 0 0 1 0 1.8Z',
  ),
  door: line('M3 13.5h10M4.5 13.5V4A1.5 1.5 0 0 1 6 2.5h4A1.5 1.5 0 0 1 11.5 4v9.5M9.3 8v.5'),
  down: solid(
    'M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2Zm.4 3a.77.77 0 0 0-1.1 1.1L6.9 8l-2.4 2.4a.77.77 0 0 0 1.1 1.1L8 9.1l2.4 2.4a.77.77 0 0 0 1.1-1.1L9.1 8l2.4-2.4a.77.77 0 0 0-1.1-1.1L8 6.9Z',
  ),
  draining: solid('M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM3 8a5 5 0 0 1 10 0Z'),
  expand: line('m4.5 6.5 3.5 3.5 3.5-3.5'),
  faster: line('m3.5 4 4 4-4 4m5-8 4 4-4 4'),
  flag: line('M4 14V2.5h8l-2 3 2 3H4'),
  gate: line('M2.5 14V7.5a5.5 5.5 0 0 1 11 0V14M6 14V8m4 6V8M2.5 10.5h11M8 14V5.5'),
  home: line('M2.5 12.5v-4m3.7 4v-8m3.6 8v-5.5m3.7 5.5V3.5'),
  imposed: solid(
    'M4.5 6.5V5a3.5 3.5 0 1 1 7 0v1.5h.3c.7 0 1.2.5 1.2 1.2v5.1c0 .7-.5 1.2-1.2 1.2H4.2c-.7 0-1.2-.5-1.2-1.2V7.7c0-.7.5-1.2 1.2-1.2Zm1.5 0h4V5a2 2 0 1 0-4 0Z',
  ),
  join: line('M6.5 2.5H12v11H6.5M2 8h7M6.5 5.5 9 8l-2.5 2.5'),
  key: line('M8.3 10.5a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0ZM7.5 8.5l5-5m-2 2 1.8 1.8'),
  kick: line('M9.5 2.5H4v11h5.5M7 8h7m-2.5-2.5L14 8l-2.5 2.5'),
  link: line('M6.5 9.5 9.5 6.5M7 4.5l1.2-1.2a3 3 0 0 1 4.3 4.3L11.3 8.8M9 11.5l-1.2 1.2a3 3 0 0 1-4.3-4.3l1.2-1.2'),
  lock: line(
    'M4.7 7h6.6c.7 0 1.2.5 1.2 1.2v4.1c0 .7-.5 1.2-1.2 1.2H4.7c-.7 0-1.2-.5-1.2-1.2V8.2C3.5 7.5 4 7 4.7 7Zm.8 0V5a2.5 2.5 0 0 1 5 0v2',
  ),
  minus: line('M4 8h8'),
  operations: line(`${RING}M2.5 8h11`),
  pause: line('M5.5 3.5v9M10.5 3.5v9'),
  play: line('M5 3.5v9l7-4.5Z'),
  plus: line('M8 3.5v9M3.5 8h9'),
  ready: solid(
    'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm3.3 4.9-4 4.4a.8.8 0 0 1-1.1 0L4.5 9a.75.75 0 0 1 1-1.1l1.2 1.2 3.5-3.8a.75.75 0 1 1 1.1 1Z',
  ),
  right: line('m6.5 4.5 3.5 3.5-3.5 3.5'),
  search: line('M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0ZM10.5 10.5l3 3'),
  send: line('M2.5 8 13.5 3l-3 10.5L7.5 9ZM7.5 9l6-6'),
  slow: line('M2.5 11.5a5.5 5.5 0 1 1 11 0M8 11.5 10.5 8'),
  slower: line('m12.5 4-4 4 4 4m-5-8-4 4 4 4'),
  sort: line('M8 3v10m-3.5-3.5L8 13l3.5-3.5'),
  theme: line(`${RING}M8 2.5v11M8 5h3.9M8 8h5.5M8 11h3.9`),
  unknown: [
    { d: 'M13.75 8A5.75 5.75 0 1 1 2.25 8a5.75 5.75 0 0 1 11.5 0Z', dash: '2.6 2' },
    { d: 'M8 8.6v-.4c0-.8 1.3-1 1.3-2A1.3 1.3 0 0 0 8 5a1.3 1.3 0 0 0-1.2.9' },
    { d: 'M8.85 10.9a.85.85 0 1 1-1.7 0 .85.85 0 0 1 1.7 0Z', filled: true },
  ],
  user: line('M10.5 5.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0ZM3 13.5c.4-2.6 2.3-4 5-4s4.6 1.4 5 4'),
  x: line('m4.5 4.5 7 7m0-7-7 7'),
} as const satisfies Record<string, readonly IconPart[]>

export type IconName = keyof typeof ICONS

/** The six states of the design; each is also the name of its icon. */
export type StateName = 'ready' | 'draining' | 'degraded' | 'down' | 'unknown' | 'imposed'
