/** Short form of a log's key: the first half of a message id, so no two in a room may share it. */
export function logPrefix(key: Buffer): string {
  return key.subarray(0, 8).toString('hex')
}
