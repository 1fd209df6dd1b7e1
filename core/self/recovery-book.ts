import type { DeviceKeys } from '../identity/device-keys.ts'
import { attestationChain } from '../identity/attestation.ts'
import type { RoomState } from '../control/room-state.ts'
import type { Room } from '../room/room.ts'
import { countIn } from './personal-choice.ts'
import { RecoveryMeeting } from './recovery-meeting.ts'
import type { RecoveredRoom } from './recovery-messages.ts'

/** Persons whom this device can help to find their rooms again. */
const MAX_PERSONS = 4_096

export interface RecoveryBookOptions {
  readonly keys: () => DeviceKeys
  /** Rooms with others. */
  readonly rooms: () => Iterable<Room>
  /** The room of this person's own devices, begun if there is none. */
  readonly personal: () => Promise<Room>
  readonly onrooms: (rooms: RecoveredRoom[]) => void
  /** Devices of this person that were cut off. */
  readonly dropped: () => ReadonlySet<string>
  /** Another device of this person told of the room that only they are in. */
  readonly onpersonal: (room: RecoveredRoom) => void
}

/** Where each person whom this device knows can be met when they have lost everything; this device's own person among them. */
export class RecoveryBook {
  readonly #options: RecoveryBookOptions
  readonly #meetings = new Map<string, RecoveryMeeting>()
  #seen = new Map<Room, RoomState>()
  #asking: string | null = null

  constructor(options: RecoveryBookOptions) {
    this.#options = options
  }

  meetings(): Iterable<RecoveryMeeting> {
    this.#forgetOldSelf()
    const rooms = [...this.#options.rooms()]
    const same = rooms.every((room) => this.#seen.get(room) === room.control.state)
    if (!same || rooms.length !== this.#seen.size) {
      this.#seen = new Map(rooms.map((room) => [room, room.control.state]))
      this.#gather(rooms)
    }
    return this.#meetings.values()
  }

  #gather(rooms: readonly Room[]): void {
    const known = new Set([this.#own])
    for (const { control } of rooms) {
      for (const { recovery } of control.state.persons.values()) {
        if (known.size < MAX_PERSONS) known.add(recovery)
      }
    }
    for (const recovery of this.#meetings.keys()) {
      if (!known.has(recovery)) this.#meetings.delete(recovery)
    }
    for (const recovery of known) {
      if (!this.#meetings.has(recovery)) this.#meetings.set(recovery, this.#meeting(recovery))
    }
  }

  /** Pairing makes this device another person's. */
  #forgetOldSelf(): void {
    if (this.#asking === this.#own) return
    if (this.#asking !== null) this.#meetings.delete(this.#asking)
    this.#meetings.delete(this.#own)
    this.#asking = this.#own
    this.#seen.clear()
    this.#gather([...this.#options.rooms()])
  }

  #meeting(recovery: string): RecoveryMeeting {
    const { keys, onrooms, dropped, onpersonal } = this.#options
    const own = recovery === this.#own
    const keyPair = own ? keys().recoveryPair : null
    return new RecoveryMeeting({
      recovery: Buffer.from(recovery, 'hex'),
      rooms: () => Promise.resolve(this.#rooms(recovery)),
      ...(keyPair && { ask: { keyPair, onrooms } }),
      ...(own && {
        own: {
          keys: keys(),
          personal: () => this.#personal(),
          trusts: (attestation) => {
            const gone = dropped()
            const chain = attestationChain(attestation)
            return chain?.every((device) => !gone.has(device.toString('hex'))) === true
          },
          onpersonal,
        },
      }),
    })
  }

  async #personal(): Promise<RecoveredRoom | null> {
    const room = await this.#options.personal()
    return room.membership.joined ? this.#entry(room, '') : null
  }

  #rooms(recovery: string): RecoveredRoom[] {
    const found: RecoveredRoom[] = []
    for (const room of this.#options.rooms()) {
      const { persons, devices } = room.control.state
      const present = new Set(
        [...devices.values()].filter(({ standing }) => standing === 'in').map((d) => d.person),
      )
      for (const [id, person] of persons) {
        if (person.recovery === recovery && present.has(id)) {
          found.push(this.#entry(room, person.name))
          break
        }
      }
    }
    return found
  }

  #entry(room: Room, nickname: string): RecoveredRoom {
    return {
      room: room.control.key,
      encryptionKey: Buffer.from(room.record.encryptionKey, 'hex'),
      name: room.record.name,
      nickname,
      personal: room.personal ? countIn(room) : 0,
    }
  }

  get #own(): string {
    return this.#options.keys().recovery.toString('hex')
  }
}
