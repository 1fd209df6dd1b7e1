import type { Readable, Writable } from 'node:stream'

/** What a command may touch of the process that runs it. */
export interface Io {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
  /** True when a person looks at stdout: colour, tables and hints. */
  readonly terminal: boolean
  /** True when a person looks at stderr: progress. */
  readonly progress: boolean
  /** How wide their terminal is. */
  readonly columns: number
  /** Aborts when the person presses Ctrl-C, the system asks to end, or nobody reads stdout any more. */
  interrupted(): AbortSignal
}

/** This process. */
export function processIo(): Io {
  const interrupt = new AbortController()
  const stop = (): void => interrupt.abort(new Error('interrupted'))
  let listening = false
  for (const stream of [process.stdout, process.stderr]) {
    // `porchlight messages … | head` closes the pipe early: that is no failure.
    stream.on('error', stop)
  }
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    terminal: process.stdout.isTTY === true,
    progress: process.stderr.isTTY === true,
    get columns() {
      return process.stderr.columns ?? 80
    },
    interrupted() {
      if (!listening) {
        listening = true
        process.once('SIGINT', stop)
        process.once('SIGTERM', stop)
        process.once('SIGHUP', stop)
      }
      return interrupt.signal
    },
  }
}
