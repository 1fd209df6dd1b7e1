/** The key of an entry that is put when the view has this version: such keys rise in the room's order. */
export function entryKey(version: number): string {
  return `entry/${String(version).padStart(12, '0')}`
}

/** The version of such a key. */
export function versionOf(key: string): number {
  return Number(key.slice('entry/'.length))
}
