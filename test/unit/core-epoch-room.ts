import type { KeyPair } from 'hypercore'
import type { Role, RoomSettings } from '../../core/api.ts'
import type { Operation } from '../../core/control/operation.ts'
import { DEFAULT_SETTINGS, EMPTY_ROOM } from '../../core/control/room-state.ts'
import type { DeviceEntry, EpochEntry, RoomState } from '../../core/control/room-state.ts'
import { hash } from '../../core/crypto/hash.ts'
import { keyPairFromSeed } from '../../core/crypto/sign.ts'
import { epochPair } from '../../core/room/epochs/key-box.ts'

export const ROOM = hash([Buffer.from('an epoch room')])
/** The key of its first epoch. */
export const FIRST = Buffer.alloc(32, 1)
/** Wall-clock ms at which the room was made. */
export const START = 1_790_000_000_000

/** The key pair of a device that the tests name. */
export function deviceOf(name: string): KeyPair {
  return keyPairFromSeed(hash([Buffer.from(`device ${name}`)]))
}

export function idOf(name: string): string {
  return deviceOf(name).publicKey.toString('hex')
}

/** A room's state as a control log would tell it, told what happens instead: one device a person, by names. */
export class EpochRoom {
  readonly devices = new Map<string, DeviceEntry>()
  readonly persons = new Map<
    string,
    RoomState['persons'] extends ReadonlyMap<string, infer T> ? T : never
  >()
  readonly epochs = new Map<number, EpochEntry>()
  readonly sealedKeys = new Map<string, Buffer[]>()
  settings: RoomSettings = DEFAULT_SETTINGS
  epoch = 0

  constructor(...names: string[]) {
    for (const name of names) this.enter(name)
    this.epochs.set(0, {
      id: 0,
      depth: 0,
      parent: null,
      at: START,
      holders: new Set(names.map(idOf)),
      handed: new Set(names.map(idOf)),
      ephemeral: epochPair(FIRST, ROOM).publicKey,
      boxes: new Map(),
      links: [],
    })
  }

  get state(): RoomState {
    return {
      ...EMPTY_ROOM,
      devices: this.devices,
      persons: this.persons,
      epochs: this.epochs,
      sealedKeys: this.sealedKeys,
      settings: this.settings,
      epoch: this.epoch,
    }
  }

  enter(name: string, role: Role = 'member'): void {
    const person = `person ${name}`
    const seniority = this.persons.size
    const place = { person, writer: '', logs: [], dropped: false, since: START }
    this.devices.set(idOf(name), { ...place, standing: 'in' })
    this.persons.set(person, {
      name,
      role: seniority === 0 ? 'admin' : role,
      muted: false,
      banned: false,
      removed: false,
      seniority,
      recovery: '',
    })
  }

  remove(name: string): void {
    this.devices.set(idOf(name), { ...this.devices.get(idOf(name))!, standing: 'removed' })
  }

  /** Takes an entry of a member into the state: a rotation becomes the current epoch. */
  take(op: Operation): void {
    if (op.type === 'rotate') {
      const byPrefix = new Map([...this.devices.keys()].map((id) => [id.slice(0, 16), id]))
      const boxes = new Map(op.boxes.map(({ device, box }) => [device.toString('hex'), box]))
      this.epochs.set(op.epoch, {
        id: op.epoch,
        depth: this.epochs.get(op.parent)!.depth + 1,
        parent: op.parent,
        at: op.at,
        holders: new Set([...boxes.keys()].map((prefix) => byPrefix.get(prefix)!)),
        handed: new Set(),
        ephemeral: op.ephemeral,
        boxes,
        links: op.links,
      })
      this.epoch = op.epoch
    }
    if (op.type === 'grant') this.hand(op.device.toString('hex'), op.epoch, op.keys)
  }

  /** A device got keys sealed to it, by an admission or a grant. */
  hand(device: string, epoch: number, keys: Buffer): void {
    this.sealedKeys.set(device, [...(this.sealedKeys.get(device) ?? []), keys])
    const entry = this.epochs.get(epoch)!
    const holders = new Set([...entry.holders, device])
    this.epochs.set(epoch, { ...entry, holders, handed: new Set([...entry.handed, device]) })
  }
}
