/** The examples at the end of a command's help; each a line of the shell, with a word on it. */
export function examples(...lines: readonly [command: string, says: string][]): string {
  const width = Math.max(...lines.map(([command]) => command.length))
  return [
    '',
    'Examples:',
    ...lines.map(([command, says]) =>
      says === '' ? `  $ ${command}` : `  $ ${command.padEnd(width)}  # ${says}`,
    ),
  ].join('\n')
}
