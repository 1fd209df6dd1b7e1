import { PREFIX } from '../../control/operation.ts'
import type { KeyLink } from '../../control/operation.ts'
import type { EpochEntry, RoomState } from '../../control/room-state.ts'
import { epochPair, makeBox, openLink } from './key-box.ts'
import type { KeyRing } from './key-ring.ts'

type Epochs = RoomState['epochs']

/** What finding out who can open an epoch takes. */
export interface KeyReadersOptions {
  readonly ring: Pick<KeyRing, 'key' | 'size'>
  /** Key of the room's control log. */
  readonly room: Buffer
}

/**
 * Who can open what an epoch sealed. Boxes and links in the control log are bytes that any member could have made
 * up, so they count as far as the keys that are here prove them; keys that were handed over one by one can be
 * checked by who got them alone, and that device says so when they are wrong.
 */
export class KeyReaders {
  readonly #options: KeyReadersOptions
  /** Verdicts on boxes, by device (hex). */
  readonly #boxes = new WeakMap<EpochEntry['boxes'], Map<string, boolean>>()
  readonly #links = new WeakMap<KeyLink, boolean>()
  readonly #leading = new Map<number, readonly EpochEntry[]>()
  #linkedBy = new Map<number, { entry: EpochEntry; link: KeyLink }[]>()
  #known: { readonly epochs: Epochs; readonly keys: number } | null = null

  constructor(options: KeyReadersOptions) {
    this.#options = options
  }

  /** True when a device was handed an epoch's key, or the key of one that leads back to it. */
  opens(epochs: Epochs, device: string, epoch: number): boolean {
    const keys = this.#options.ring.size
    if (this.#known?.epochs !== epochs || this.#known.keys !== keys) {
      this.#known = { epochs, keys }
      this.#leading.clear()
      this.#linkedBy = backwards(epochs)
    }
    return this.#leadingTo(epochs, epoch).some((entry) => this.#has(entry, device))
  }

  /** The epoch itself, and all whose keys lead back to its own. */
  #leadingTo(epochs: Epochs, id: number): readonly EpochEntry[] {
    const known = this.#leading.get(id)
    if (known) return known
    const first = epochs.get(id)
    const found = new Set(first && [first])
    for (const older of found) {
      for (const { entry, link } of this.#linkedBy.get(older.id) ?? []) {
        if (!found.has(entry) && this.#proves(link, entry)) found.add(entry)
      }
    }
    const leading = [...found]
    this.#leading.set(id, leading)
    return leading
  }

  #has(entry: EpochEntry, device: string): boolean {
    return entry.handed.has(device) || this.#isBoxed(entry, device)
  }

  /** A box is made from the key and what it is for alone, so who has the key can make it again. */
  #isBoxed({ id, boxes }: EpochEntry, device: string): boolean {
    const { ring, room } = this.#options
    const box = boxes.get(device.slice(0, 2 * PREFIX))
    const key = ring.key(id)
    if (!box || !key) return false
    let verdicts = this.#boxes.get(boxes)
    if (!verdicts) this.#boxes.set(boxes, (verdicts = new Map()))
    let good = verdicts.get(device)
    if (good === undefined) {
      const pair = epochPair(key, room)
      good = makeBox(key, pair, Buffer.from(device, 'hex'), room)?.equals(box) ?? false
      verdicts.set(device, good)
    }
    return good
  }

  #proves(link: KeyLink, { id }: EpochEntry): boolean {
    const { ring, room } = this.#options
    const [key, older] = [ring.key(id), ring.key(link.epoch)]
    if (!key || !older) return false
    let good = this.#links.get(link)
    if (good === undefined) {
      good = openLink(link.link, link.epoch, { epoch: id, key }, room)?.equals(older) ?? false
      this.#links.set(link, good)
    }
    return good
  }
}

/** A link leads to an epoch before its own: others are of somebody who means to keep us busy. */
function backwards(epochs: Epochs): Map<number, { entry: EpochEntry; link: KeyLink }[]> {
  const linkedBy = new Map<number, { entry: EpochEntry; link: KeyLink }[]>()
  for (const entry of epochs.values()) {
    for (const link of entry.links) {
      const older = epochs.get(link.epoch)
      if (!older || older.depth >= entry.depth) continue
      const list = linkedBy.get(older.id)
      if (list) list.push({ entry, link })
      else linkedBy.set(older.id, [{ entry, link }])
    }
  }
  return linkedBy
}
