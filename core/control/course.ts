/**
 * One pass over a room's entries in their order: who may do what where. Acts against someone also claim back
 * what stands before them and was done without knowledge of them; the judge heeds such claims in its next pass.
 */
import type { Role, RoomSettings } from '../api.ts'
import { messageId } from '../room/message-id.ts'
import { actorOf } from './actor.ts'
import type { Actor, ActorFacts } from './actor.ts'
import { admission, mayBegin } from './admission.ts'
import type { Causality } from './causality.ts'
import { ClaimBook, reaches } from './cut.ts'
import type { Claims } from './cut.ts'
import type { Entry } from './entry.ts'
import { EpochBook } from './epoch-book.ts'
import { epochId } from './epoch-id.ts'
import { logPrefix } from './log-prefix.ts'
import { MirrorBook } from './mirror-book.ts'
import { PREFIX } from './operation.ts'
import type { Operation } from './operation.ts'
import { higher, mayActOn, mayInvite, mayModerate, mayWrite, ROLES } from './roles.ts'
import { DEFAULT_SETTINGS, LEAST_ROTATE_EVERY } from './room-state.ts'
import type { RoomState } from './room-state.ts'
import { Roster } from './roster.ts'
import type { Person } from './roster.ts'

/** Most messages that are pinned at once; with one more the oldest is not. */
const MAX_PINS = 64
/** Most keys kept that one person sealed to one device. */
const MAX_SEALED = 64

type Op<T extends Operation['type']> = Operation & { type: T }

/** One pass over the entries: what each did, by what was known then of who may do what. */
export class Course {
  readonly claims = new ClaimBook()
  readonly #heeded: Claims
  readonly #causality: Causality
  readonly #roster = new Roster()
  readonly #facts: ActorFacts
  readonly #epochs = new EpochBook()
  readonly #sealed = new Map<string, { by: string; keys: Buffer }[]>()
  readonly #hidden = new Map<string, { role: Role; index: number }>()
  readonly #pinned = new Set<string>()
  readonly #mirrors = new MirrorBook()
  /** Places of admissions that are void by the end of their invite alone. */
  readonly #revoked = new Set<number>()
  #settings: RoomSettings = DEFAULT_SETTINGS
  #name = ''
  #room: Buffer | null = null
  #next = 0

  /** `heeded`: the claims of the pass before. */
  constructor(causality: Causality, heeded: Claims) {
    this.#causality = causality
    this.#heeded = heeded
    this.#facts = { roster: this.#roster, causality, heeded }
  }

  /** The next entry of the room's order. */
  step(entry: Entry): void {
    const index = this.#next++
    const { op } = entry
    if (op.type === 'create') return this.#create(entry, op, index)
    const by = actorOf(entry, index, this.#facts)
    if (!by) return
    switch (op.type) {
      case 'invite':
        return this.#invite(op, by)
      case 'admit':
        return this.#admit(entry, op, by)
      case 'log':
        return this.#log(entry)
      case 'profile':
        if (by.other && op.name) by.person.name = op.name
        return
      case 'leave':
        return this.#leave(by)
      case 'title':
        if (by.other === 'admin' && op.name) this.#name = op.name
        return
      case 'settings':
        return this.#set(op, by)
      case 'revoke':
        return this.#revoke(op, by)
      case 'role':
        return this.#role(op, by)
      case 'remove':
        return this.#remove(op, by)
      case 'unban':
        return this.#unban(op, by)
      case 'mute':
        return this.#mute(op, by)
      case 'drop':
        return this.#drop(op, by)
      case 'hide':
        return this.#hide(op, by)
      case 'pin':
        return this.#pin(op, by)
      case 'rotate':
        return this.#rotate(op, by)
      case 'grant':
        return this.#grant(op, by)
      case 'mirror':
        return this.#mirrors.take(op, by, (others) => this.#knew(by.index, others))
    }
  }

  /** The role of the person whose control log this is, while the device is in. */
  roleOf(writer: string): Role | null {
    const device = this.#roster.devices.get(this.#roster.writers.get(writer) ?? '')
    return device?.standing === 'in' ? this.#roster.persons.get(device.person)!.role : null
  }

  /** True for a control log that was let in. */
  names(writer: string): boolean {
    return this.#roster.writers.has(writer)
  }

  /** Control log of the first of a person's devices; null for who never came in. */
  firstWriter(person: string): string | null {
    return this.#roster.persons.get(person)?.writer ?? null
  }

  /** The room as these entries tell it. */
  state(): RoomState {
    const people = this.#roster.picture()
    return {
      name: this.#name,
      settings: this.#settings,
      ...people,
      epochs: this.#epochs.entries(people.devices),
      epoch: this.#epochs.current,
      sealedKeys: new Map(
        [...this.#sealed].map(([id, list]) => [id, list.map(({ keys }) => keys)]),
      ),
      hidden: new Set(this.#hidden.keys()),
      pinned: [...this.#pinned],
      mirrors: this.#mirrors.entries(),
    }
  }

  /** True when the author of the entry at `index` knew all of these. */
  #knew(index: number, others: readonly number[]): boolean {
    return others.every((other) => this.#causality.knew(index, other))
  }

  #create(entry: Entry, op: Op<'create'>, index: number): void {
    if (this.#room || !entry.join) return
    this.#room = entry.join.room
    this.#name = op.name
    this.#roster.enter(entry.join, index)
    this.#epochs.begin(entry.join.device.toString('hex'), entry.join.at, op.ephemeral)
  }

  #invite(op: Op<'invite'>, by: Actor): void {
    const role = ROLES[op.role]!
    const key = op.invite.toString('hex')
    if (!by.other || !mayInvite(by.other, role) || this.#roster.invites.has(key)) return
    const welcomes = [...this.#roster.persons]
      .filter(([, { removed, acts }]) => removed && this.#knew(by.index, acts.remove))
      .map(([id]) => id)
    const { uses, expiresAt } = op
    this.#roster.invite(key, by.id, { role, uses, expiresAt, welcomes })
  }

  #admit({ join }: Entry, op: Op<'admit'>, by: Actor): void {
    if (!join) return
    // Whoever let them in, and whether that stands: they can read what they were handed.
    if (op.keys.byteLength > 0) this.#hand(join.device.toString('hex'), op, by)
    if (!by.other || this.#heeded.voids.has(by.index)) return
    // Readers let in their own devices alone.
    const own = !join.invite && join.person.toString('hex') === by.id
    if (!mayWrite(by.other) && !own) return
    if (admission(this.#roster, join) === 'welcome') this.#roster.enter(join, by.index)
  }

  /** Only who holds a key can hand it on; the rest is just bytes. */
  #hand(device: string, { epoch, keys }: Op<'admit' | 'grant'>, by: Actor): void {
    if (!this.#epochs.has(epoch, by.device)) return
    this.#epochs.hand(epoch, device)
    const sealed = this.#sealed.get(device) ?? []
    if (sealed.filter((other) => other.by === by.id).length >= MAX_SEALED) return
    this.#sealed.set(device, [...sealed, { by: by.id, keys }])
  }

  /** A declaration proves itself, so it counts whoever wrote it down, also someone since removed. */
  #log({ declared }: Entry): void {
    const id = declared?.device.toString('hex') ?? ''
    const device = this.#roster.devices.get(id)
    if (!declared || device?.standing !== 'in') return
    if (!mayBegin(this.#roster, id, device.person)) return
    if (this.#roster.logOwner(logPrefix(declared.core)) !== undefined) return
    this.#roster.addLog(id, declared.log, declared.core)
  }

  #leave(by: Actor): void {
    if (this.#roster.devices.get(by.device)!.standing !== 'in') return
    this.#roster.expel(by.device, { kind: 'left', index: by.index, rank: by.person.seniority })
    this.#roster.succeed()
  }

  #set(op: Op<'settings'>, by: Actor): void {
    if (by.other !== 'admin') return
    const { history, rotateEvery, keepFor, disappearAfter } = op
    this.#settings = {
      history: history === 1 ? 'joined' : 'all',
      rotateEvery: rotateEvery === null ? null : Math.max(rotateEvery, LEAST_ROTATE_EVERY),
      keepFor,
      disappearAfter,
    }
  }

  #revoke(op: Op<'revoke'>, by: Actor): void {
    const invite = this.#roster.invites.get(op.invite.toString('hex'))
    const maker = invite && this.#roster.persons.get(invite.by)
    if (!invite || !maker || !by.against) return
    if (invite.by !== by.id && !mayActOn(by.against, maker.role)) return
    invite.revoked = true
    const keep = new Set(op.keep.map((device) => device.toString('hex')))
    for (const { index, device } of invite.admits) {
      if (keep.has(device.slice(0, 2 * PREFIX)) || this.#causality.knew(by.index, index)) continue
      if (this.claims.upheld.has(index) || this.claims.voids.has(index)) continue
      this.claims.void(index)
      this.#revoked.add(index)
    }
  }

  /** Whoever was given a role stays, even where what let them in is taken back by one who claims not to know it. */
  #uphold({ admits }: Person): void {
    for (const index of admits) {
      this.claims.uphold(index)
      if (this.#revoked.delete(index)) this.claims.voids.delete(index)
    }
  }

  #role(op: Op<'role'>, by: Actor): void {
    const id = op.person.toString('hex')
    const person = this.#roster.persons.get(id)
    const role = ROLES[op.role]!
    if (!person || person.removed || role === person.role) return
    if (higher(role, person.role) === role) {
      if (by.other !== 'admin' || !this.#knew(by.index, person.acts.lower)) return
      person.fall = null
      if (person !== by.person) this.#uphold(person)
      if (!mayWrite(person.role)) this.#roster.logs.unhush(id, 'reader', reaches(op.cut.content))
    } else {
      if (by.against !== 'admin') return
      const { index, person: author } = by
      person.acts.lower.push(index)
      this.#roster.endInvites(id, role)
      if (!mayWrite(role)) this.#roster.logs.hush(id, 'reader', reaches(op.cut.content))
      if (person !== author) {
        const rank = author.seniority
        person.fall = { index, rank, from: person.role }
        this.claims.strike(op.cut, { index, target: id, rank, kind: 'role', role: op.role })
      }
    }
    person.set = true
    person.role = role
    this.#roster.succeed(person)
  }

  #remove(op: Op<'remove'>, by: Actor): void {
    const id = op.person.toString('hex')
    const person = this.#roster.persons.get(id)
    if (!person || person === by.person) return
    if (!by.against || !mayActOn(by.against, person.role)) return
    if (op.ban === 1) {
      person.banned = true
      person.acts.ban.push(by.index)
    }
    // Whoever knew that they were out adds nothing to that.
    if (person.removed && this.#knew(by.index, person.acts.remove.slice(-1))) return
    const { index } = by
    const rank = by.person.seniority
    person.removed = true
    person.acts.remove.push(index)
    for (const invite of this.#roster.invites.values()) {
      if (invite.revoked) continue
      invite.welcomes = invite.welcomes.filter((other) => other !== id)
    }
    this.#roster.endInvites(id, null)
    this.#roster.logs.end(id, null, reaches(op.cut.content))
    for (const device of this.#roster.devicesOf(id)) {
      this.#roster.expel(device, { kind: 'remove', index, rank })
    }
    this.claims.strike(op.cut, { index, target: id, rank, kind: 'remove', role: 3 })
    this.#roster.succeed()
  }

  #unban(op: Op<'unban'>, by: Actor): void {
    const person = this.#roster.persons.get(op.person.toString('hex'))
    if (!person?.banned || !by.other || !mayActOn(by.other, person.role)) return
    if (!this.#knew(by.index, person.acts.ban)) return
    person.banned = false
    person.acts.ban = []
  }

  #mute(op: Op<'mute'>, by: Actor): void {
    const id = op.person.toString('hex')
    const person = this.#roster.persons.get(id)
    const role = op.on === 1 ? by.against : by.other
    if (!person || person === by.person || !role || !mayActOn(role, person.role)) return
    if (op.on === 1) {
      person.acts.mute.push(by.index)
      this.#roster.logs.hush(id, 'muted', reaches(op.cut.content))
    } else {
      if (!person.muted || !this.#knew(by.index, person.acts.mute)) return
      person.acts.mute = []
      this.#roster.logs.unhush(id, 'muted', reaches(op.cut.content))
    }
    person.muted = op.on === 1
  }

  #drop(op: Op<'drop'>, by: Actor): void {
    const id = op.device.toString('hex')
    const device = this.#roster.devices.get(id)
    if (!device || device.person !== by.id || id === by.device || !by.against) return
    const { index } = by
    if (device.out?.kind === 'drop' && this.#knew(index, [device.out.index])) return
    const rank = by.person.seniority
    this.#roster.expel(id, { kind: 'drop', index, rank })
    this.#roster.logs.end(by.id, id, reaches(op.cut.content))
    this.claims.strike(op.cut, { index, target: id, rank, kind: 'drop', role: 3 })
    for (const vouched of this.#roster.vouched) {
      if (vouched.person !== by.id || !vouched.chain.includes(id)) continue
      if (this.#causality.knew(index, vouched.index)) continue
      this.claims.void(vouched.index)
      this.#revoked.delete(vouched.index)
    }
    this.#roster.succeed()
  }

  #hide(op: Op<'hide'>, by: Actor): void {
    const author = this.#roster.persons.get(this.#roster.logs.author(op.log) ?? '')
    if (!author || !by.other || !mayModerate(by.other)) return
    const message = messageId(op.log, op.seq)
    const known = this.#hidden.get(message)
    if (op.on === 1) {
      if (known || !(author === by.person || mayActOn(by.other, author.role))) return
      this.#hidden.set(message, { role: by.other, index: by.index })
    } else if (known && higher(by.other, known.role) === by.other) {
      if (this.#knew(by.index, [known.index])) this.#hidden.delete(message)
    }
  }

  #pin(op: Op<'pin'>, by: Actor): void {
    if (!by.other || !mayModerate(by.other) || !this.#roster.logs.author(op.log)) return
    const message = messageId(op.log, op.seq)
    this.#pinned.delete(message)
    if (op.on === 0) return
    this.#pinned.add(message)
    const [oldest] = this.#pinned
    if (this.#pinned.size > MAX_PINS) this.#pinned.delete(oldest!)
  }

  /** One that does not count is still known: honest members may have sealed records with it meanwhile. */
  #rotate(op: Op<'rotate'>, by: Actor): void {
    if (op.epoch !== epochId(op.ephemeral, this.#room!, Buffer.from(by.device, 'hex'))) return
    const { out } = this.#roster.devices.get(by.device)!
    if (out && this.#knew(by.index, [out.index])) return
    const counts =
      by.other !== null &&
      mayWrite(by.other) &&
      (mayModerate(by.other) || this.#epochs.needed(this.#roster.devices, this.#settings, op))
    this.#epochs.rotate(op, by.device, counts)
  }

  #grant(op: Op<'grant'>, by: Actor): void {
    const device = op.device.toString('hex')
    if (this.#roster.devices.has(device)) this.#hand(device, op, by)
  }
}
