/** What the choice between two connections to one peer depends on. Times in ms. */
export interface ConnectionFacts {
  readonly cost: number
  /** Time since the last byte came in. */
  readonly silence: number
}

/** A live connection pings every second: silence beyond this is a fault. */
export const SILENT_AFTER = 2_500

/**
 * Which of two connections to the same peer lives. A silent one loses to one that is heard; then the lower
 * cost wins (LAN before DHT before BLE); else the older stays, so that crossed dials do not flap.
 */
export function prefer(older: ConnectionFacts, newer: ConnectionFacts): 'older' | 'newer' {
  const olderSilent = older.silence > SILENT_AFTER
  const newerSilent = newer.silence > SILENT_AFTER
  if (olderSilent !== newerSilent) return olderSilent ? 'newer' : 'older'
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
