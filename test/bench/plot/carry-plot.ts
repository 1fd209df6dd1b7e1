/** The plot of `npm run bench -- carry`: delivery over delay, and bytes beside it, as an SVG that needs nothing else. */

export interface PlottedRun {
  readonly name: string
  /** Share of what was to be delivered, 0 to 1, at the end of each quarter of an hour since writing. */
  readonly within: ArrayLike<number>
  /** Bytes sent, % of flooding's. */
  readonly bytes: number
}

const COLOURS = ['#6b7280', '#0f62a8', '#c2410c', '#4d7c0f', '#7e22ce', '#0e7490']
const FONT = 'font-family="system-ui, sans-serif"'
const LINES = { x: 70, y: 70, width: 520, height: 330 }
const BARS = { x: 780, width: 190 }
const QUARTERS_AN_HOUR = 4

/** One curve and one bar for each run. */
export function carryPlot(title: string, runs: readonly PlottedRun[], hours: number): string {
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1040 470" width="1040" height="470">',
    '<rect width="1040" height="470" fill="#ffffff"/>',
    text(LINES.x, 30, title, { size: 16, weight: 600 }),
    ...axes(hours),
    ...runs.map((run, i) => curve(run, colour(i), hours)),
    ...bars(runs),
    '</svg>',
    '',
  ].join('\n')
}

function axes(hours: number): string[] {
  const { x, y, width, height } = LINES
  const parts = [text(x, y - 14, 'delivered, % of (message, member)', { size: 12 })]
  for (let share = 0; share <= 100; share += 20) {
    const at = y + height * (1 - share / 100)
    parts.push(line(x, at, x + width, at, share === 0 ? '#111827' : '#e5e7eb'))
    parts.push(text(x - 8, at + 4, String(share), { size: 12, anchor: 'end' }))
  }
  for (let hour = 0; hour <= hours; hour += 12) {
    const at = x + (width * hour) / hours
    parts.push(line(at, y + height, at, y + height + 5, '#111827'))
    parts.push(text(at, y + height + 20, String(hour), { size: 12, anchor: 'middle' }))
  }
  parts.push(
    text(x + width / 2, y + height + 42, 'hours since it was written', {
      size: 12,
      anchor: 'middle',
    }),
  )
  return parts
}

function curve({ within }: PlottedRun, stroke: string, hours: number): string {
  const { x, y, width, height } = LINES
  const last = Math.min(hours * QUARTERS_AN_HOUR, within.length) - 1
  const points = [`${x},${y + height}`]
  for (let i = 0; i <= last; i++) {
    const right = x + (width * (i + 1)) / (hours * QUARTERS_AN_HOUR)
    points.push(`${right.toFixed(1)},${(y + height * (1 - within[i]!)).toFixed(1)}`)
  }
  return `<polyline fill="none" stroke="${stroke}" stroke-width="2.5" points="${points.join(' ')}"/>`
}

function bars(runs: readonly PlottedRun[]): string[] {
  const { x, width } = BARS
  const parts = [text(x - 150, LINES.y - 14, 'bytes sent, % of flooding', { size: 12 })]
  const most = Math.max(1, ...runs.map(({ bytes }) => bytes))
  const step = Math.min(52, LINES.height / Math.max(1, runs.length))
  runs.forEach(({ name, bytes }, i) => {
    const at = LINES.y + i * step
    const long = (width * bytes) / most
    parts.push(
      `<rect x="${x}" y="${at}" width="${Math.max(1, long).toFixed(1)}" height="${(step * 0.6).toFixed(1)}" fill="${colour(i)}"/>`,
      text(x - 10, at + step * 0.4, name, { size: 13, anchor: 'end', fill: colour(i) }),
      text(x + long + 6, at + step * 0.4, bytes.toFixed(bytes < 10 ? 1 : 0), { size: 12 }),
    )
  })
  return parts
}

function colour(i: number): string {
  return COLOURS[i % COLOURS.length]!
}

interface TextStyle {
  readonly size: number
  readonly weight?: number
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly fill?: string
}

function text(x: number, y: number, words: string, style: TextStyle): string {
  const { size, weight = 400, anchor = 'start', fill = '#111827' } = style
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${FONT} font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}">${safe}</text>`
}

function line(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${stroke}"/>`
}
