/** What the choice between two connections to one peer depends on. */
export interface ConnectionFacts {
  readonly cost: number
  /** Nothing came in for longer than a live peer is silent. */
  readonly silent: boolean
}

/**
 * Which of two connections to the same peer lives. A silent one loses to one that is heard; then the lower
 * cost wins (LAN before DHT before BLE); else the older stays, so that crossed dials do not flap.
 */
export function prefer(older: ConnectionFacts, newer: ConnectionFacts): 'older' | 'newer' {
  if (older.silent !== newer.silent) return older.silent ? 'newer' : 'older'
  if (older.cost !== newer.cost) return newer.cost < older.cost ? 'newer' : 'older'
  return 'older'
}

/**
 * Which end decides: the one with the smaller key. The other keeps both connections open and follows, so
 * the two ends can never close one each.
 */
export function decides(localKey: Uint8Array, remoteKey: Uint8Array): boolean {
  return Buffer.compare(localKey, remoteKey) < 0
}
