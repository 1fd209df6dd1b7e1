import type { MemberView, Role, RoomView } from '../api.ts'
import { sleep } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { admission, doorOf, mayBegin } from '../control/admission.ts'
import type { ControlLog } from '../control/control-log.ts'
import { admissionOf } from '../control/entry.ts'
import { FOR_OTHERS } from '../control/log-allowance.ts'
import { notLetIn } from '../control/not-let-in.ts'
import { mayWrite } from '../control/roles.ts'
import { readJoin, readLog, recallJoin, recallLog } from '../control/statement.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { Random } from '../random.ts'
import type { Refusal } from '../session/messages.ts'
import { sealKeys } from './epochs/key-box.ts'
import { keysForNewcomer } from './epochs/key-cover.ts'
import type { KeyRing } from './epochs/key-ring.ts'
import type { RoomRecord } from './room-record.ts'
import { removedFrom } from './room-words.ts'

/** Milliseconds for each device of the room over which its members spread the admission of a joiner. */
const ADMIT_SPREAD = 20

/** What the room's state tells of a member; whether it is verified or blocked is this person's own business. */
export type RoomMember = Omit<MemberView, 'avatar' | 'verified' | 'blocked' | 'confusable'>

export interface MembershipOptions {
  readonly record: RoomRecord
  readonly keys: DeviceKeys
  readonly control: ControlLog
  readonly ring: KeyRing
  readonly clock: Clock
  readonly random: Random
}

/** Who is in a room, who gets in, and the keys that being in gives. */
export class Membership {
  readonly person: string
  readonly #options: MembershipOptions
  readonly #device: string
  /** Statements of this device that members have not written down yet. */
  readonly #unwritten: Buffer[] = []
  #admitting: Promise<unknown> = Promise.resolve()
  /** Content logs (hex) that are being written down, one after another. */
  readonly #writing = new Set<string>()
  #written: Promise<unknown> = Promise.resolve()

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#device = options.keys.device.publicKey.toString('hex')
    this.person = options.keys.person.toString('hex')
  }

  /** True once the control log names this device and its content can be read. */
  get joined(): boolean {
    return this.standing === 'joined'
  }

  /** Errors: `NOT_ALLOWED` for who was removed, `WAITING` for who was not let in yet. */
  checkIn(): void {
    const { standing } = this
    if (standing === 'removed') throw removedFrom()
    if (standing === 'waiting') throw notLetIn()
  }

  /** Where this device stands in the room. */
  get standing(): RoomView['state'] {
    const standing = this.#state.devices.get(this.#device)?.standing
    if (standing === 'removed') return 'removed'
    return standing === 'in' && this.#options.ring.size > 0 ? 'joined' : 'waiting'
  }

  /** This person's role. */
  /** The room's epoch, while this device is in and lacks its key. */
  get lacks(): number | null {
    const { devices, epochs, epoch } = this.#state
    const isIn = devices.get(this.#device)?.standing === 'in'
    return isIn && epochs.has(epoch) && !this.#options.ring.key(epoch) ? epoch : null
  }

  get role(): Role {
    return this.#state.persons.get(this.person)?.role ?? 'reader'
  }

  /** Statements that members are asked to write down. */
  get unwritten(): readonly Buffer[] {
    return this.#unwritten
  }

  /** The statement by which this device came in; empty for the creator. */
  get statement(): Buffer {
    return Buffer.from(this.#options.record.invite?.statement ?? '', 'base64')
  }

  /** What is written in now. Errors: `WAITING` before the first key came. */
  epoch(): { id: number; key: Buffer } {
    const writing = this.#options.ring.writing()
    if (!writing) throw notLetIn()
    return { id: writing.epoch, key: writing.key }
  }

  /** Persons with a device in the room. */
  members(): RoomMember[] {
    const devices = new Map<string, { id: string; here: boolean }[]>()
    for (const [id, { person, standing }] of this.#state.devices) {
      if (standing !== 'in') continue
      const theirs = devices.get(person) ?? []
      devices.set(person, [...theirs, { id, here: id === this.#device }])
    }
    return [...this.#state.persons]
      .filter(([id]) => devices.has(id))
      .map(([id, { name, role, muted }]) => ({
        id,
        name,
        role,
        muted,
        self: id === this.person,
        devices: devices.get(id)!,
      }))
  }

  /**
   * Is this device in? One that brings a statement that holds is let in now, by us. Where many members meet a
   * joiner at once, one entry is enough: they wait each a little, and most find that another was quicker.
   */
  async judge(device: string, statement: Buffer): Promise<'member' | Refusal> {
    const { clock, random, control } = this.#options
    const verdict = this.#verdict(device, statement)
    if (verdict !== 'welcome') return verdict
    if (!control.writable || !this.joined || !this.#mayAdmit(statement)) return 'unknown'
    await sleep(clock, random.float() * Math.min(1_000, ADMIT_SPREAD * this.#state.devices.size))
    const admitted = this.#admitting.then(() => this.#admit(device, statement))
    this.#admitting = admitted.catch(() => {})
    return admitted
  }

  /**
   * Writes down what the device `by`, this one or one that is met, says of itself, where it holds and is new. Of
   * others it is told nothing: each entry is one less that this device can ever write.
   */
  async writeDown(statement: Buffer, by: string): Promise<void> {
    const declared = recallLog(statement)
    if (declared?.device.toString('hex') !== by) return
    const log = declared.log.toString('hex')
    if (this.#writing.has(log) || !this.#isMissing(by, log)) return
    if (!readLog(statement)?.room.equals(this.#options.control.key)) return
    this.#writing.add(log)
    const written = this.#written.then(async () => {
      if (this.#isMissing(by, log)) await this.#options.control.append({ type: 'log', statement })
    })
    this.#written = written.catch(() => {})
    await written.finally(() => this.#writing.delete(log))
  }

  #isMissing(by: string, log: string): boolean {
    const { control } = this.#options
    const device = this.#state.devices.get(by)
    if (device?.standing !== 'in' || device.logs.includes(log)) return false
    if (!mayBegin(this.#state, by, device.person) || !control.writable) return false
    return by === this.#device || control.usedUp < FOR_OTHERS
  }

  /** True for a device that brings a statement by which a member may let it in. */
  awaits(device: string, statement: Buffer): boolean {
    return this.#verdict(device, statement) === 'welcome'
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

  /** Tells the room what this person calls themselves. */
  async rename(name: string): Promise<void> {
    const known = this.#state.persons.get(this.person)
    if (!this.joined || !known || known.name === name) return
    await this.#options.control.append({ type: 'profile', name })
  }

  get #state(): ControlLog['state'] {
    return this.#options.control.state
  }

  async #admit(device: string, statement: Buffer): Promise<'member' | Refusal> {
    const verdict = this.#verdict(device, statement)
    if (verdict !== 'welcome') return verdict
    const { control, ring } = this.#options
    if (control.usedUp >= FOR_OTHERS) return 'unknown'
    const writing = ring.writing()
    const keys = keysForNewcomer(this.#state, writing, ring.keys)
    const sealed = keys.length > 0 && sealKeys(keys, Buffer.from(device, 'hex'), control.key)
    await control.append({
      type: 'admit',
      statement,
      epoch: sealed ? writing!.epoch : this.#state.epoch,
      keys: sealed || Buffer.alloc(0),
    })
    return this.#state.devices.get(device)?.standing === 'in' ? 'member' : 'unknown'
  }

  /** Readers let in their own devices alone. */
  #mayAdmit(statement: Buffer): boolean {
    if (mayWrite(this.role)) return true
    const join = recallJoin(statement)
    return join !== null && !join.invite && join.person.toString('hex') === this.person
  }

  /** What the room's state says of a device; `welcome` when only our entry is lacking. */
  #verdict(device: string, statement: Buffer): 'member' | 'welcome' | Refusal {
    const { control, clock } = this.#options
    const entry = this.#state.devices.get(device)
    if (entry?.standing === 'in') return 'member'
    const out = entry?.standing ?? 'unknown'
    const join = statement.byteLength > 0 ? readJoin(statement) : null
    if (!join?.room.equals(control.key) || join.device.toString('hex') !== device) return out
    const invite = join.invite && this.#state.invites.get(join.invite.toString('hex'))
    // Whoever made it may know what we do not yet, as that this person may come back.
    if (join.invite && !invite) return 'unknown'
    const verdict = admission(doorOf(this.#state), admissionOf(join))
    // The statement's own time is only the joiner's word.
    const late = invite && invite.expiresAt !== null && clock.now() > invite.expiresAt
    return verdict === 'welcome' && late ? 'expired' : verdict
  }
}
