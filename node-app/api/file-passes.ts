import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Random } from '../../core/random.ts'

/**
 * What opens the bytes of one file to a `<video>`, an `<img>` or a download, none of which can send
 * the token. It may stand in an address: it is good for that file alone, and for this run alone.
 */
export class FilePasses {
  readonly #key: Buffer

  constructor(random: Random) {
    this.#key = random.bytes(32)
  }

  /** `room` and `file` as they stand in the address that it opens. */
  issue(room: string, file: string): string {
    return this.#of(room, file).toString('base64url')
  }

  opens(pass: string, room: string, file: string): boolean {
    const given = Buffer.from(pass.slice(0, 64), 'base64url')
    const right = this.#of(room, file)
    return given.length === right.length && timingSafeEqual(given, right)
  }

  #of(room: string, file: string): Buffer {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([room, file]))
      .digest()
  }
}
