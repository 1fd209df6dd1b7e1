import { InvalidArgumentError } from 'commander'
import type { Readable } from 'node:stream'
import { PorchlightError } from '../../core/errors.ts'

/** What the API takes at most; the engine's own limit is lower and names itself. */
const MAX_BYTES = 60_000

/** The words of a message; `-` alone reads them from `stdin`. Errors: TOO_LARGE; wrong usage for no text. */
export async function textOf(words: readonly string[], stdin: Readable): Promise<string> {
  const fromInput = words.length === 1 && words[0] === '-'
  const text = fromInput ? await readText(stdin) : words.join(' ')
  if (text === '') throw new InvalidArgumentError('There is no text.')
  return text
}

/** All of a stream as text, without the line end that programs put last. Errors: TOO_LARGE. */
async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array)
    size += bytes.length
    if (size > MAX_BYTES) {
      throw new PorchlightError('TOO_LARGE', 'A message holds at most 16 KiB: nothing was sent.')
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
