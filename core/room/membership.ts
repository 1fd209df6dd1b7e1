import type { InviteOptions, MemberView, Role } from '../api.ts'
import { sleep } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { admission } from '../control/admission.ts'
import type { Door } from '../control/admission.ts'
import type { ControlLog } from '../control/control-log.ts'
import { admissionOf } from '../control/entry.ts'
import { logPrefix } from '../control/log-prefix.ts'
import { mayInvite, ROLES } from '../control/roles.ts'
import type { RoomState } from '../control/room-state.ts'
import { readJoin, readLog, signJoin } from '../control/statement.ts'
import { keyPairFromSeed } from '../crypto/sign.ts'
import { PorchlightError } from '../errors.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { Random } from '../random.ts'
import type { Refusal } from '../session/messages.ts'
import { formatInvite, sealEpochs, unsealEpochs } from './invite.ts'
import { contentKeyPair, controlKeyPair } from './own-keys.ts'
import type { RoomRecord } from './room-record.ts'

/** Milliseconds for each device of the room over which its members spread the admission of a joiner. */
const ADMIT_SPREAD = 20

export interface MembershipOptions {
  readonly record: RoomRecord
  readonly keys: DeviceKeys
  readonly control: ControlLog
  readonly clock: Clock
  readonly random: Random
}

/** Who is in a room, who gets in, and the keys that being in gives. */
export class Membership {
  readonly #options: MembershipOptions
  readonly #device: string
  readonly #person: string
  readonly #epochs = new Map<number, Buffer>()
  /** Statements of this device that members have not written down yet. */
  readonly #unwritten: Buffer[] = []
  #admitting: Promise<unknown> = Promise.resolve()

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#device = options.keys.device.publicKey.toString('hex')
    this.#person = options.keys.person.toString('hex')
    for (const [epoch, key] of Object.entries(options.record.epochs)) {
      this.#epochs.set(Number(epoch), Buffer.from(key, 'hex'))
    }
  }

  /** True once the control log names this device and its content can be read. */
  get joined(): boolean {
    const device = this.#state.devices.get(this.#device)
    return device?.standing === 'in' && this.#epochs.size > 0
  }

  get role(): Role {
    return this.#state.persons.get(this.#person)?.role ?? 'reader'
  }

  get unwritten(): readonly Buffer[] {
    return this.#unwritten
  }

  /** The statement by which this device came in; empty for the creator. */
  get statement(): Buffer {
    return Buffer.from(this.#options.record.invite?.statement ?? '', 'base64')
  }

  epochKey(epoch: number): Buffer | null {
    return this.#epochs.get(epoch) ?? null
  }

  /** The newest epoch. Errors: `WAITING` before the first key came. */
  epoch(): { id: number; key: Buffer } {
    const id = Math.max(...this.#epochs.keys())
    const key = this.#epochs.get(id)
    if (!key) throw waiting()
    return { id, key }
  }

  members(): MemberView[] {
    const devices = [...this.#state.devices].filter(([, device]) => device.standing === 'in')
    return [...this.#state.persons]
      .map(([id, person]) => ({
        id,
        name: person.name,
        role: person.role,
        self: id === this.#person,
        muted: person.muted,
        verified: false,
        blocked: false,
        confusable: false,
        devices: devices
          .filter(([, device]) => device.person === id)
          .map(([device]) => ({ id: device, here: device === this.#device })),
      }))
      .filter((member) => member.devices.length > 0)
  }

  /** Looks for epoch keys that were sealed to this device; true when some are new. */
  findEpochs(): boolean {
    const { record, keys } = this.#options
    const found = (this.#state.sealedKeys.get(this.#device) ?? []).flatMap((sealed) => [
      ...(unsealEpochs(sealed, keys.device) ?? []),
    ])
    let news = false
    for (const [epoch, key] of found) {
      if (this.#epochs.has(epoch)) continue
      this.#epochs.set(epoch, key)
      record.epochs[epoch] = key.toString('hex')
      news = true
    }
    return news
  }

  /**
   * Is this device in? One that brings a statement that holds is let in now, by us. Where many members meet a
   * joiner at once, one entry is enough: they wait each a little, and most find that another was quicker.
   */
  async judge(device: string, statement: Buffer): Promise<'member' | Refusal> {
    const { clock, random, control } = this.#options
    const verdict = this.#verdict(device, statement)
    if (verdict !== 'welcome') return verdict
    if (!control.writable) return 'unknown'
    await sleep(clock, random.float() * Math.min(1_000, ADMIT_SPREAD * this.#state.devices.size))
    const admitted = this.#admitting.then(() => this.#admit(device, statement))
    this.#admitting = admitted.catch(() => {})
    return admitted
  }

  /** Writes down what another device says of itself, where it holds and is new. */
  async writeDown(statement: Buffer): Promise<void> {
    const declared = readLog(statement)
    if (!declared?.room.equals(this.#options.control.key)) return
    const device = this.#state.devices.get(declared.device.toString('hex'))
    const known = device?.logs.includes(declared.log.toString('hex')) ?? true
    if (known || device?.standing !== 'in' || !this.#options.control.writable) return
    await this.#options.control.append({ type: 'log', statement })
  }

  /** Declares a fresh content log of this device; members we meet write it down. */
  declare(statement: Buffer): void {
    this.#unwritten.push(statement)
  }

  /** Forgets statements that the control log holds by now. */
  forgetWritten(): void {
    const logs = this.#state.devices.get(this.#device)?.logs ?? []
    for (let i = this.#unwritten.length - 1; i >= 0; i--) {
      const declared = readLog(this.#unwritten[i]!)
      if (declared && logs.includes(declared.log.toString('hex'))) this.#unwritten.splice(i, 1)
    }
  }

  /** A new way in. Errors: `WAITING`, `NOT_ALLOWED`, `DISK_FULL`. */
  async invite(options: InviteOptions): Promise<string> {
    const { control, clock, random, record } = this.#options
    const role = options.role ?? 'member'
    if (!this.joined) throw waiting()
    if (!mayInvite(this.role, role)) {
      throw new PorchlightError(
        'NOT_ALLOWED',
        `As ${this.role} of this room you can not invite someone as ${role}. Ask an admin of the room.`,
      )
    }
    const seed = random.bytes(32)
    await control.append({
      type: 'invite',
      invite: keyPairFromSeed(seed).publicKey,
      role: ROLES.indexOf(role),
      uses: options.uses ?? null,
      expiresAt: options.expiresIn === undefined ? null : clock.now() + options.expiresIn,
    })
    const encryptionKey = Buffer.from(record.encryptionKey, 'hex')
    return formatInvite({ room: control.key, encryptionKey, seed })
  }

  async rename(name: string): Promise<void> {
    const known = this.#state.persons.get(this.#person)
    if (!this.joined || !known || known.name === name) return
    await this.#options.control.append({ type: 'profile', name })
  }

  get #state(): ControlLog['state'] {
    return this.#options.control.state
  }

  async #admit(device: string, statement: Buffer): Promise<'member' | Refusal> {
    const verdict = this.#verdict(device, statement)
    if (verdict !== 'welcome') return verdict
    await this.#options.control.append({
      type: 'admit',
      statement,
      epoch: this.epoch().id,
      keys: sealEpochs(this.#epochs, Buffer.from(device, 'hex')),
    })
    return this.#state.devices.get(device)?.standing === 'in' ? 'member' : 'unknown'
  }

  /** What the room's state says of a device; `welcome` when only our entry is lacking. */
  #verdict(device: string, statement: Buffer): 'member' | 'welcome' | Refusal {
    const { control, clock } = this.#options
    const entry = this.#state.devices.get(device)
    if (entry?.standing === 'in') return 'member'
    const join = statement.byteLength > 0 ? readJoin(statement) : null
    if (!join?.room.equals(control.key)) return entry ? 'left' : 'unknown'
    if (join.device.toString('hex') !== device) return 'unknown'
    const verdict = admission(doorOf(this.#state), admissionOf(join))
    const invite = join.invite && this.#state.invites.get(join.invite.toString('hex'))
    const late = invite && invite.expiresAt !== null && clock.now() > invite.expiresAt
    return verdict === 'welcome' && late ? 'expired' : verdict
  }
}

function doorOf(state: RoomState): Door {
  const owners = new Map(
    [...state.logs.values()].map(({ key, device }) => [logPrefix(key), device] as const),
  )
  return { ...state, logOwner: (prefix) => owners.get(prefix) }
}

/** The statement that asks to be let in by an invite, or (without one) the creator's. */
export function joinStatement(
  keys: DeviceKeys,
  record: Pick<RoomRecord, 'salt' | 'logs'>,
  facts: { room: Buffer; name: string; at: number },
  inviteSeed: Buffer | null,
): Buffer {
  const { person, attestation, recovery, device } = keys
  return signJoin(
    { ...facts, person, attestation, recovery },
    {
      device,
      writer: controlKeyPair(keys, record),
      log: contentKeyPair(keys, record, record.logs - 1),
      invite: inviteSeed && keyPairFromSeed(inviteSeed),
    },
  )
}

export function waiting(): PorchlightError {
  return new PorchlightError(
    'WAITING',
    "This device was not let into the room yet. It happens by itself as soon as a member's device is near; nothing is lost meanwhile.",
  )
}
