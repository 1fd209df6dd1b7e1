import type { Snapshot } from './snapshot.ts'

/** What learned from a room's records, and can go on from what it saved. */
export interface SnapshotPart {
  readonly name: string
  save(): Buffer
  /** Throws for what `save` did not write. */
  load(data: Buffer): void
  /** Forgets everything. */
  reset(): void
}

/** What the parts learned, by name. */
export function saveParts(parts: readonly SnapshotPart[]): Snapshot['parts'] {
  return Object.fromEntries(parts.map((part) => [part.name, part.save()]))
}

/** Loads the parts in their order; false, with everything forgotten, when one of them can not be used. */
export function restoreParts(parts: readonly SnapshotPart[], saved: Snapshot['parts']): boolean {
  try {
    for (const part of parts) part.load(saved[part.name] ?? missingPart())
    return true
  } catch {
    for (const part of parts) part.reset()
    return false
  }
}

function missingPart(): never {
  throw new Error('the snapshot is of an older version')
}
