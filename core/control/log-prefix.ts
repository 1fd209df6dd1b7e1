import { PREFIX } from './operation.ts'

/** The beginning of a log's key, by which entries and acknowledgements name it. */
export function keyPrefix(key: Buffer): Buffer {
  return key.subarray(0, PREFIX)
}

/** Short form of a log's key: the first half of a message id, so no two in a room may share it. */
export function logPrefix(key: Buffer): string {
  return keyPrefix(key).toString('hex')
}
