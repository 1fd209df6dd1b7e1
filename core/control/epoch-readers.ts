import type { EpochEntry } from './room-state.ts'

type Epochs = ReadonlyMap<number, EpochEntry>

interface Readers {
  /** Epoch → epochs whose keys hold a link to its own. */
  readonly linkedBy: ReadonlyMap<number, readonly EpochEntry[]>
  /** Devices by epoch, of the epochs that were asked about. */
  readonly devices: Map<number, ReadonlySet<string>>
}

const known = new WeakMap<Epochs, Readers>()

/**
 * True when the control log says that a device can open what an epoch sealed: it was handed the epoch's key, or
 * the key of one that leads back to it.
 */
export function opens(epochs: Epochs, device: string, epoch: number): boolean {
  let readers = known.get(epochs)
  if (!readers) known.set(epochs, (readers = { linkedBy: backwards(epochs), devices: new Map() }))
  let devices = readers.devices.get(epoch)
  if (!devices) {
    devices = holdersFrom(epochs.get(epoch), readers.linkedBy)
    readers.devices.set(epoch, devices)
  }
  return devices.has(device)
}

/** A link leads to an epoch before its own: others are of somebody who means to keep us busy. */
function backwards(epochs: Epochs): Map<number, EpochEntry[]> {
  const linkedBy = new Map<number, EpochEntry[]>()
  for (const entry of epochs.values()) {
    for (const { epoch } of entry.links) {
      const older = epochs.get(epoch)
      if (!older || older.depth >= entry.depth) continue
      const list = linkedBy.get(epoch)
      if (list) list.push(entry)
      else linkedBy.set(epoch, [entry])
    }
  }
  return linkedBy
}

/** Goes through each epoch that leads to this one once. */
function holdersFrom(epoch: EpochEntry | undefined, linkedBy: Readers['linkedBy']): Set<string> {
  const devices = new Set<string>()
  const seen = new Set(epoch && [epoch])
  for (const { id, holders } of seen) {
    for (const device of holders) devices.add(device)
    for (const newer of linkedBy.get(id) ?? []) seen.add(newer)
  }
  return devices
}
