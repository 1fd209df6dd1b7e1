import type { BenchResult, Row } from './bench.ts'

/** Three significant digits, large numbers with their thousands apart. */
export function formatFigure(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '–'
  const digits =
    Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 }
  return value.toLocaleString('en', digits)
}

/** The result as Markdown that also reads well in a terminal. */
export function formatResult(name: string, { work, rows, targets, notes }: BenchResult): string {
  const columns = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))]
  const figures = [
    ['', ...columns],
    ...rows.map((row) => [row.contestant, ...columns.map((column) => cell(row, column))]),
  ]
  const goals = [
    ['target', 'wanted', 'measured', ''],
    ...targets.map(({ what, wanted, measured, unit, reached }) => [
      what,
      wanted,
      `${formatFigure(measured)} ${unit}`,
      reached ? 'reached' : 'MISSED',
    ]),
  ]
  const parts = [`### ${name}`, work, formatTable(figures)]
  if (targets.length > 0) parts.push(formatTable(goals))
  if (notes.length > 0) parts.push(notes.map((note) => `- ${note}`).join('\n'))
  return parts.join('\n\n')
}

function cell({ values }: Row, column: string): string {
  const value = values[column]
  return value === undefined ? '' : formatFigure(value)
}

/** The first row is the head; the first column is text, the others are figures. */
function formatTable([head, ...body]: readonly (readonly string[])[]): string {
  const rows = [head!, ...body]
  const widths = head!.map((_, i) => Math.max(3, ...rows.map((row) => row[i]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? ':' : '-') + '-'.repeat(width) + (i === 0 ? '-' : ':')).join('|')}|`
  return [line(head!), rule, ...body.map(line)].join('\n')
}
