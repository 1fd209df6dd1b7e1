import type { EpochEntry } from './room-state.ts'

type Epochs = ReadonlyMap<number, EpochEntry>

const known = new WeakMap<Epochs, Map<number, Set<string>>>()

/**
 * True when the control log says that a device can open what an epoch sealed: it was handed the epoch's key, or
 * the key of one that leads back to it.
 */
export function opens(epochs: Epochs, device: string, epoch: number): boolean {
  let readers = known.get(epochs)
  if (!readers) {
    readers = epochReaders(epochs)
    known.set(epochs, readers)
  }
  return readers.get(epoch)?.has(device) ?? false
}

function epochReaders(epochs: Epochs): Map<number, Set<string>> {
  const readers = new Map<number, Set<string>>()
  for (const { id, holders } of epochs.values()) readers.set(id, new Set(holders))
  // The deepest first, so that one round does unless links run between epochs of one depth.
  const deepest = [...epochs.values()].sort((a, b) => b.depth - a.depth)
  for (let grew = true; grew;) {
    grew = false
    for (const { id, links } of deepest) {
      for (const older of links.map(({ epoch }) => readers.get(epoch))) {
        const before = older?.size
        for (const device of readers.get(id)!) older?.add(device)
        grew ||= older !== undefined && older.size > before!
      }
    }
  }
  return readers
}
