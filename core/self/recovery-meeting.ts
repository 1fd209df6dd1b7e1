import type { KeyPair } from 'hypercore'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { Meeting, MeetingEnd, MeetingPlace, MeetingWire } from '../session/meeting.ts'
import {
  decodeRecovery,
  encodeRecovery,
  holdsClaim,
  holdsDevice,
  MAX_RECOVERED,
  proveDevice,
  recoveryMatchKey,
  ROOMS_PER_MESSAGE,
  sealRooms,
  signClaim,
  unsealRooms,
} from './recovery-messages.ts'
import type { RecoveredRoom, RecoveryMessage } from './recovery-messages.ts'

export interface RecoveryMeetingOptions {
  /** Public key that follows from the person's 24 words. */
  readonly recovery: Buffer
  /** The rooms that the person is in and this device knows. */
  readonly rooms: () => Promise<RecoveredRoom[]>
  /** On a device that holds the words: asks each neighbour who knows the person. */
  readonly ask?: {
    readonly keyPair: KeyPair
    /** A neighbour told of rooms; it may lie, so being let in is what counts. */
    readonly onrooms: (rooms: RecoveredRoom[]) => void
  }
  /** On the person's own devices, who alone tell each other of the room that only they are in. */
  readonly own?: {
    readonly keys: Pick<DeviceKeys, 'device' | 'attestation' | 'person'>
    /** Null while this device is not in it. */
    readonly personal: () => Promise<RecoveredRoom | null>
    /** False for a device that was cut off, and for one that such a device vouched for. */
    readonly trusts: (attestation: Buffer) => boolean
    readonly onpersonal: (room: RecoveredRoom) => void
  }
}

/**
 * Where a person who has nothing but their 24 words meets a neighbour who shares rooms with them. Who only knows
 * the person stays quiet, so that nobody learns from its tags whom it knows.
 */
export class RecoveryMeeting implements Meeting {
  readonly matchKey: Buffer
  readonly quiet: boolean
  readonly #options: RecoveryMeetingOptions

  constructor(options: RecoveryMeetingOptions) {
    this.#options = options
    this.matchKey = recoveryMatchKey(options.recovery)
    this.quiet = options.ask === undefined
  }

  /** Nobody who knows the person shows it to one who did not prove to be them. */
  knock({ handshakeHash, initiator }: MeetingPlace): Buffer | undefined {
    const { ask } = this.#options
    if (!ask) return undefined
    return signClaim(handshakeHash, initiator, ask.keyPair.secretKey)
  }

  open(wire: MeetingWire): MeetingEnd {
    const { ask, own } = this.#options
    const { handshakeHash, initiator } = wire
    let answered = false
    let closed = false
    let told = 0
    let toldPersonal = false

    const onclaim = (signature: Buffer): void => {
      const { recovery, rooms } = this.#options
      if (answered || !holdsClaim(handshakeHash, !initiator, signature, recovery)) {
        return wire.reject('a proof of the 24 words does not hold')
      }
      answered = true
      wire.met()
      void rooms()
        .then(async (known) => {
          if (!closed) this.#tell(wire, known.slice(0, MAX_RECOVERED))
          const personal = (await own?.personal()) ?? null
          if (!closed && personal) this.#tellPersonal(wire, personal)
        })
        // The store is closing, or the disk is full: the peer asks again in the next session.
        .catch(() => {})
    }

    const onrooms = (sealed: Buffer): void => {
      const rooms = ask && unsealRooms(sealed, ask.keyPair)
      // Any member could pass a room of many off as the one that only the person's devices are in.
      const forged = rooms?.some(({ personal }) => personal > 0)
      if (!rooms || forged || (told += rooms.length) > MAX_RECOVERED) {
        return wire.reject('an ill-formed answer about rooms')
      }
      ask.onrooms(rooms)
    }

    const onpersonal = (message: RecoveryMessage & { type: 'personal' }): void => {
      const [room, ...more] = (ask && unsealRooms(message.sealed, ask.keyPair)) ?? []
      const once = !toldPersonal && room && room.personal > 0 && more.length === 0
      if (!own || !once || !holdsDevice(handshakeHash, !initiator, message, own.keys.person)) {
        return wire.reject('a proof of being a device of the person does not hold')
      }
      toldPersonal = true
      if (own.trusts(message.attestation)) own.onpersonal(room)
    }

    return {
      onmessage: (data) => {
        const message = decodeRecovery(data)
        if (message?.type === 'rooms') onrooms(message.sealed)
        else if (message?.type === 'personal') onpersonal(message)
        else wire.reject('an ill-formed word about rooms')
      },
      onknock: onclaim,
      onclose: () => {
        closed = true
      },
    }
  }

  #tell(wire: MeetingWire, rooms: RecoveredRoom[]): void {
    for (let at = 0; at < rooms.length; at += ROOMS_PER_MESSAGE) {
      const part = rooms.slice(at, at + ROOMS_PER_MESSAGE)
      wire.send(encodeRecovery({ type: 'rooms', sealed: sealRooms(part, this.#options.recovery) }))
    }
  }

  #tellPersonal(wire: MeetingWire, room: RecoveredRoom): void {
    const { recovery, own } = this.#options
    const sealed = sealRooms([room], recovery)
    const proof = proveDevice(wire.handshakeHash, wire.initiator, own!.keys)
    wire.send(encodeRecovery({ type: 'personal', sealed, ...proof }))
  }
}
