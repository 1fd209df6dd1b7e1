/** Columns as wide as their widest cell; the last one is not padded. `styleHead` colours the head. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  styleHead: (text: string) => string,
): string {
  const widths = head.map((title, column) =>
    Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[column] ?? ''))),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell)))
      .join('  ')
      .trimEnd()
  return [styleHead(line(head)), ...rows.map(line)].join('\n')
}

/** Columns a text takes on a terminal: most East Asian characters and emoji take two, marks none. */
export function displayWidth(text: string): number {
  let width = 0
  for (const char of text.normalize('NFC')) {
    if (/\p{Mark}|\u200d|\ufe0f/u.test(char)) continue
    width +=
      /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u.test(
        char,
      )
        ? 2
        : 1
  }
  return width
}
