import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** The next line of `input`; undefined when it ends first, or the signal aborts. */
export function askLine(input: Readable, signal: AbortSignal): Promise<string | undefined> {
  if (signal.aborted) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const lines = createInterface({ input })
    const close = (): void => lines.close()
    signal.addEventListener('abort', close, { once: true })
    lines.once('line', (line) => {
      resolve(line)
      lines.close()
    })
    lines.once('close', () => {
      signal.removeEventListener('abort', close)
      resolve(undefined)
    })
  })
}
