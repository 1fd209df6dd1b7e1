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
  carrier: 'M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8',
  read: 'M2 12s3.5-6 10-6 10 6 10 6-3.5 6-10 6-10-6-10-6zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  pin: 'M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6',
  hide: 'M4 4l16 16M10 6.3A10 10 0 0 1 12 6c6.5 0 10 6 10 6a17 17 0 0 1-3 3.6M6 7.8A16 16 0 0 0 2 12s3.5 6 10 6a10 10 0 0 0 4-.8',
  show: 'M2 12s3.5-6 10-6 10 6 10 6-3.5 6-10 6-10-6-10-6zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  bin: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  timer: 'M12 21a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 9v4l2 2M9 2h6',
  place:
    'M12 21s7-6.5 7-11.5a7 7 0 0 0-14 0C5 14.5 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  verified: 'M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM8.5 12l2.5 2.5L15.5 9.5',
  settings:
    'M4 7h10M18 7h2M4 17h2M10 17h10M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5',
  device: 'M7 3h10v18H7zM11 18h2',
  key: 'M8 17a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 13h9v3M17 13v3',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  next: 'M9 5l7 7-7 7',
  attach: 'M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.5 3.5 0 0 1 5 5l-8.5 8.5a2 2 0 0 1-3-3L14 7',
  files: 'M7 3h7l5 5v9H7zM14 3v5h5M4 7v14h11',
  folder: 'M3 6h7l2 3h9v10H3z',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 2-2 5 4M15 9.5h.01',
  video: 'M3 6h12v12H3zM15 11l6-4v10l-6-4',
  audio:
    'M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  document: 'M6 3h8l5 5v13H6zM14 3v5h5M9 13h7M9 17h7',
  archive: 'M4 4h16v5H4zM6 9h12v11H6zM10 13h4',
  program: 'M4 5h16v14H4zM8 10l3 2.5L8 15M13 15h4',
  other: 'M6 3h8l5 5v13H6zM14 3v5h5',
  get: 'M12 4v11M7 10l5 5 5-5M5 20h14',
  pause: 'M9 6v12M15 6v12',
  play: 'M8 5l11 7-11 7z',
  blank: '',
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
