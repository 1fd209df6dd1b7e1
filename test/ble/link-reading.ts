/** What tests do with the ends of a link. */
import { PorchlightError } from '../../core/errors.ts'
import { seededRandom } from '../../core/random.ts'
import type { GattLink } from '../../transports/ble/link/index.ts'

/** What arrives at an end. */
export function reading(link: GattLink): { bytes: () => Buffer; ended: boolean; closed: boolean } {
  const got: Buffer[] = []
  const seen = { bytes: () => Buffer.concat(got), ended: false, closed: false }
  link.on('data', (data) => got.push(Buffer.from(data as Uint8Array)))
  link.on('end', () => (seen.ended = true))
  link.on('close', () => (seen.closed = true))
  return seen
}

/** Bytes in writes of all sizes. */
export function writes(seed: number, total: number): Buffer[] {
  const random = seededRandom(seed)
  const pieces: Buffer[] = []
  for (let left = total; left > 0; left -= pieces.at(-1)!.byteLength)
    pieces.push(random.bytes(Math.min(left, 1 + Math.floor(random.float() ** 4 * 9_000))))
  return pieces
}

/** Writes piece by piece as the link drains, then ends. */
export function send(link: GattLink, pieces: readonly Buffer[]): void {
  let at = 0
  const on = (): void => {
    while (at < pieces.length) if (!link.write(pieces[at++]!)) return
    link.end()
    at = Infinity
  }
  link.on('drain', () => {
    if (at <= pieces.length) on()
  })
  on()
}

/** The code of the error that ended a link; null while none did. */
export function failure(link: GattLink): () => string | null {
  let code: string | null = null
  link.on('error', (error) => (code = error instanceof PorchlightError ? error.code : 'other'))
  return () => code
}
