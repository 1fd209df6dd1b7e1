const PATHS = {
  plus: 'M12 5v14M5 12h14',
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M4 12l16-8-6 16-3-6z',
  reply: 'M9 7l-5 5 5 5M4 12h10a6 6 0 0 1 6 6',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.3a3.5 3.5 0 0 1 0 6.4M18.5 14.2A6.5 6.5 0 0 1 21.5 20',
  invite: 'M10 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM3 21a7 7 0 0 1 11-5.7M18 14v7M14.5 17.5h7',
  leave: 'M14 4H6v16h8M10 12h11M17 8l4 4-4 4',
  near: 'M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM7.8 16.2a6 6 0 0 1 0-8.4M16.2 7.8a6 6 0 0 1 0 8.4M4.9 19.1a10 10 0 0 1 0-14.2M19.1 4.9a10 10 0 0 1 0 14.2',
  link: 'M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.6-5.6l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.6 5.6l1-1',
  health: 'M3 12h4l2.5-6 5 12 2.5-6h4',
  down: 'M12 5v13M6 12l6 6 6-6',
  up: 'M12 19V6M6 12l6-6 6 6',
  saved: 'M5 13l4 4L19 7',
  waiting: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
  carried: 'M2 13l4 4L16 7M12 16l1 1L23 7',
  warn: 'M12 4l9.5 16h-19zM12 10v4M12 17v.5',
} as const

export type IconName = keyof typeof PATHS

/** A picture beside words, or inside a control that has a name of its own. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
