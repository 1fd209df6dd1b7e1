import type { RoomSettings } from '../api.ts'
import { PREFIX } from './operation.ts'
import type { Operation } from './operation.ts'
import type { DeviceEntry, EpochEntry } from './room-state.ts'
import { rotationNeed } from './rotation-need.ts'

type Rotation = Operation & { type: 'rotate' }

interface Epoch {
  readonly id: number
  readonly depth: number
  readonly at: number
  readonly ephemeral: Buffer
  /** Null for the room's first. */
  readonly rotation: Rotation | null
  /** Box by the first 8 bytes of a device's key. */
  readonly boxes: ReadonlyMap<string, Buffer>
  /** Devices that were handed its key otherwise. */
  readonly handed: Set<string>
  /** It may be used. */
  readonly counts: boolean
}

const boxMaps = new WeakMap<Rotation, ReadonlyMap<string, Buffer>>()

/** The room's content keys: which there are, who was handed them, and which one is to be used. */
export class EpochBook {
  readonly #epochs = new Map<number, Epoch>()
  #current: Epoch | null = null
  #picture: Map<number, EpochEntry> | null = null
  #pictured = 0

  /** The epoch to be used. */
  get current(): number {
    return this.#current?.id ?? 0
  }

  /** The first epoch, whose key the creator made. */
  begin(device: string, at: number, ephemeral: Buffer): void {
    const handed = new Set([device])
    const first: Epoch = {
      id: 0,
      depth: 0,
      at,
      ephemeral,
      rotation: null,
      boxes: new Map(),
      handed,
      counts: true,
    }
    this.#epochs.set(0, first)
    this.#current = first
  }

  /** True when a rotation of any member counts now, since too many or too few hold the key, or it is old. */
  needed(
    devices: ReadonlyMap<string, DeviceEntry>,
    settings: RoomSettings,
    rotation: Rotation,
  ): boolean {
    const current = this.#current
    if (!current) return false
    const holders = holdersOf(current, prefixes(devices))
    const facts = { devices, settings, current: { at: current.at, holders }, now: rotation.at }
    return rotationNeed(facts) !== null
  }

  /** Notes a rotation, whose key opens what was sealed with it; with `counts` it may be used from now on. */
  rotate(rotation: Rotation, device: string, counts: boolean): void {
    const { epoch: id, at, ephemeral } = rotation
    const parent = this.#epochs.get(rotation.parent)
    const before = this.#epochs.get(id)
    // Of two with one id, the one that may be used: nobody keeps a fresh key out by one that does not count.
    if (!parent || parent === before || id === 0 || (before && (before.counts || !counts))) return
    const boxes = boxesOf(rotation)
    const handed = new Set([device])
    const depth = parent.depth + 1
    const epoch: Epoch = { id, depth, at, ephemeral, rotation, boxes, handed, counts }
    this.#epochs.set(id, epoch)
    this.#picture = null
    if (counts && epoch.depth >= (this.#current?.depth ?? 0)) this.#current = epoch
  }

  /** A device was handed a key, let in or not. */
  hand(id: number, device: string): void {
    const epoch = this.#epochs.get(id)
    if (!epoch || epoch.handed.has(device)) return
    epoch.handed.add(device)
    this.#picture = null
  }

  /** True for a device that holds the key of an epoch. */
  has(id: number, device: string): boolean {
    const epoch = this.#epochs.get(id)
    return epoch !== undefined && holds(epoch, device)
  }

  /** The same map as before while nothing changed. */
  entries(devices: ReadonlyMap<string, DeviceEntry>): ReadonlyMap<number, EpochEntry> {
    if (this.#picture && this.#pictured === devices.size) return this.#picture
    let known: ReadonlyMap<string, string> | null = null
    const names = (): ReadonlyMap<string, string> => (known ??= prefixes(devices))
    this.#picture = new Map([...this.#epochs].map(([id, epoch]) => [id, picture(epoch, names)]))
    this.#pictured = devices.size
    return this.#picture
  }
}

function prefixes(devices: ReadonlyMap<string, DeviceEntry>): ReadonlyMap<string, string> {
  return new Map([...devices.keys()].map((id) => [id.slice(0, 2 * PREFIX), id]))
}

/** A box for a device that is not known, as it was let in by an act that is void, makes a holder all the same. */
function holdersOf(epoch: Epoch, names: ReadonlyMap<string, string>): Set<string> {
  const holders = new Set(epoch.handed)
  for (const prefix of epoch.boxes.keys()) holders.add(names.get(prefix) ?? prefix)
  return holders
}

function holds(epoch: Epoch, device: string): boolean {
  return epoch.handed.has(device) || epoch.boxes.has(device.slice(0, 2 * PREFIX))
}

function boxesOf(rotation: Rotation): ReadonlyMap<string, Buffer> {
  let boxes = boxMaps.get(rotation)
  if (!boxes) {
    boxes = new Map(rotation.boxes.map(({ device, box }) => [device.toString('hex'), box]))
    boxMaps.set(rotation, boxes)
  }
  return boxes
}

/** Who holds it is told when asked: of many epochs in a large room only the last is. */
function picture(epoch: Epoch, names: () => ReadonlyMap<string, string>): EpochEntry {
  const { id, depth, at, ephemeral, rotation, boxes } = epoch
  const handed = new Set(epoch.handed)
  let holders: ReadonlySet<string> | null = null
  return {
    id,
    depth,
    at,
    parent: rotation && rotation.parent,
    ephemeral,
    links: rotation ? rotation.links : [],
    boxes,
    handed,
    get holders() {
      return (holders ??= holdersOf({ ...epoch, handed }, names()))
    },
  }
}
