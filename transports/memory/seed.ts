/**
 * A 32-bit seed for one link of a network (FNV-1a), so that what is drawn for it does not depend on how
 * the traffic of other links interleaves with its own.
 */
export function linkSeed(networkSeed: number, pair: string, ordinal: number): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(`${networkSeed}/${pair}#${ordinal}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  }
  return hash
}
