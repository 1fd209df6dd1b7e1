import { hash } from '../crypto/hash.ts'

/** Bytes of a short name. */
export const SHORT = 16

/** Names a join statement among few. */
export function shortOf(statement: Buffer): Buffer {
  return hash([statement], { size: SHORT })
}
