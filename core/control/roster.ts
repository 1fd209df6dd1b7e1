import type { Role } from '../api.ts'
import type { Door } from './admission.ts'
import type { Admission } from './entry.ts'
import { LogBook } from './log-book.ts'
import { higher, lower, mayInvite, mayWrite, ROLES } from './roles.ts'
import type { DeviceEntry, InviteEntry, PersonEntry, RoomState } from './room-state.ts'

/** Most open invites of one person; with one more the oldest ends. */
const MAX_INVITES = 64

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A device while the entries are read. */
export interface Device extends Mutable<Omit<DeviceEntry, 'logs'>> {
  logs: string[]
  /** By which act it is out: its place, and its author's seniority. */
  out: {
    readonly kind: 'left' | 'remove' | 'drop'
    readonly index: number
    readonly rank: number
  } | null
}

/** A person while the entries are read. */
export interface Person extends Mutable<PersonEntry> {
  /** Devices that are in. */
  present: number
  /** An act gave the role, so no invite raises it. */
  set: boolean
  /** Places of the acts that something milder must have known to take them back. */
  readonly acts: { lower: number[]; mute: number[]; remove: number[]; ban: number[] }
  /** Control log of the device that came first. */
  readonly writer: string
  /** Places of the entries that let in their devices. */
  admits: number[]
  /** The last lowering, for acts that did not know of it. */
  fall: { readonly index: number; readonly rank: number; readonly from: Role } | null
}

/** An invite while the entries are read. */
export interface Invite extends Mutable<Omit<InviteEntry, 'used' | 'welcomes'>> {
  used: string[]
  welcomes: string[]
  /** Whom it let in, and where. */
  readonly admits: { readonly index: number; readonly device: string }[]
}

/** Who is in the room, in which role, and the ways in. */
export class Roster implements Door {
  readonly devices = new Map<string, Device>()
  readonly persons = new Map<string, Person>()
  readonly invites = new Map<string, Invite>()
  readonly writers = new Map<string, string>()
  readonly logs = new LogBook()
  /** Where devices came in by the word of other devices. */
  readonly vouched: { index: number; person: string; chain: readonly string[] }[] = []
  /** Each person's invites that were open when the last was made, oldest first. */
  readonly #open = new Map<string, Invite[]>()
  #came = 0

  logOwner(prefix: string): string | undefined {
    return this.logs.owner(prefix)
  }

  /** A device enters, or enters again with new logs: the room's first as its admin. */
  enter(join: Admission, index: number): void {
    const [id, personId] = [join.device.toString('hex'), join.person.toString('hex')]
    const invite = join.invite && this.invites.get(join.invite.toString('hex'))
    const role = this.persons.size === 0 ? 'admin' : (invite?.role ?? null)
    const person = this.#welcome(join, personId, role)
    person.admits.push(index)
    if (join.chain.length > 0) this.vouched.push({ index, person: personId, chain: join.chain })
    const [writer, log] = [join.writer.toString('hex'), join.log.toString('hex')]
    const device = this.devices.get(id)
    if (device?.standing !== 'in') person.present++
    const logs = device?.logs.includes(log) ? device.logs : [...(device?.logs ?? []), log]
    this.devices.set(id, {
      person: personId,
      writer,
      logs,
      standing: 'in',
      dropped: false,
      since: join.at,
      out: null,
    })
    this.writers.set(writer, id)
    this.addLog(id, join.log, join.core)
    if (!invite) return
    invite.admits.push({ index, device: id })
    if (!invite.used.includes(id)) invite.used.push(id)
  }

  /** One more content log of a device that is in. */
  addLog(id: string, publicKey: Buffer, core: Buffer): void {
    const device = this.devices.get(id)!
    const hex = publicKey.toString('hex')
    if (!device.logs.includes(hex)) device.logs = [...device.logs, hex]
    const { role, muted } = this.persons.get(device.person)!
    const quiet = [
      ...(muted ? ['muted' as const] : []),
      ...(mayWrite(role) ? [] : ['reader' as const]),
    ]
    this.logs.add(core, publicKey, id, device.person, quiet)
  }

  /** A device is out. */
  expel(id: string, out: NonNullable<Device['out']>): void {
    const device = this.devices.get(id)
    if (!device) return
    if (device.standing === 'in') this.persons.get(device.person)!.present--
    device.standing = out.kind === 'left' ? 'left' : 'removed'
    device.dropped ||= out.kind === 'drop'
    // Who left by itself does nothing more, whoever removed it afterwards.
    if (device.out?.kind !== 'left' && device.out?.kind !== 'drop') device.out = out
  }

  devicesOf(person: string): string[] {
    return [...this.devices].filter(([, device]) => device.person === person).map(([id]) => id)
  }

  invite(
    key: string,
    by: string,
    entry: Pick<Invite, 'role' | 'uses' | 'expiresAt' | 'welcomes'>,
  ): void {
    const open = (this.#open.get(by) ?? []).filter(isOpen)
    if (open.length >= MAX_INVITES) open.shift()!.revoked = true
    const invite: Invite = { ...entry, by, used: [], admits: [], revoked: false }
    this.#open.set(by, [...open, invite])
    this.invites.set(key, invite)
  }

  /** Ends the invites of a person that someone of this role could not have made (all, without one). */
  endInvites(person: string, role: Role | null): void {
    for (const invite of this.invites.values()) {
      if (invite.by === person && (role === null || !mayInvite(role, invite.role))) {
        invite.revoked = true
      }
    }
  }

  /**
   * Where no admin is in, the one of the highest role who has been there longest is made one, so that a room
   * never locks; whoever just stepped down only where there is nobody else.
   */
  succeed(steppedDown?: Person): void {
    const present = [...this.persons.values()].filter((person) => person.present > 0)
    if (present.length === 0 || present.some(({ role }) => role === 'admin')) return
    const weight = (person: Person): number =>
      (person === steppedDown ? 16 : 0) + (person.muted ? 8 : 0) + ROLES.indexOf(person.role)
    const [heir] = present.sort((a, b) => weight(a) - weight(b) || a.seniority - b.seniority)
    this.setRole(heir!, 'admin')
  }

  setRole(person: Person, role: Role): void {
    const id = this.idOf(person)
    if (mayWrite(role) && !mayWrite(person.role)) this.logs.unhush(id, 'reader', new Map())
    person.role = role
  }

  idOf(person: Person): string {
    for (const [id, other] of this.persons) if (other === person) return id
    throw new Error('not of this room')
  }

  /** All of it as it is now, for keeps. */
  picture(): Pick<RoomState, 'devices' | 'persons' | 'invites' | 'writers' | 'logs'> {
    return {
      devices: mapped(this.devices, ({ person, writer, logs, standing, dropped, since }) => {
        return { person, writer, logs, standing, dropped, since }
      }),
      persons: mapped(this.persons, (person) => {
        const { name, role, muted, banned, removed, seniority, recovery } = person
        return { name, role, muted, banned, removed, seniority, recovery }
      }),
      invites: mapped(this.invites, ({ role, uses, expiresAt, by, used, revoked, welcomes }) => {
        return { role, uses, expiresAt, by, used: [...used], revoked, welcomes }
      }),
      writers: new Map(this.writers),
      logs: this.logs.entries(),
    }
  }

  #welcome(join: Admission, id: string, role: Role | null): Person {
    const person = this.persons.get(id)
    if (!person) {
      const fresh: Person = {
        name: join.name,
        role: role ?? 'reader',
        muted: false,
        banned: false,
        removed: false,
        seniority: this.#came++,
        recovery: join.recovery.toString('hex'),
        present: 0,
        set: false,
        acts: { lower: [], mute: [], remove: [], ban: [] },
        writer: join.writer.toString('hex'),
        admits: [],
        fall: null,
      }
      this.persons.set(id, fresh)
      return fresh
    }
    if (role === null) return person
    const next = roleOfReturn(person, role)
    if (person.removed) {
      person.removed = false
      person.set = false
      person.admits = []
      person.seniority = this.#came++
    } else if (person.present === 0) {
      // Who left and comes back by an invite has not been there all the time.
      person.seniority = this.#came++
    }
    if (next !== person.role) this.setRole(person, next)
    return person
  }
}

function mapped<T, U>(map: ReadonlyMap<string, T>, to: (value: T) => U): Map<string, U> {
  return new Map([...map].map(([key, value]) => [key, to(value)]))
}

/** The role of someone known who is let in by an invite: what an act took is not won back by coming again. */
function roleOfReturn(person: Person, role: Role): Role {
  if (person.removed) return role
  if (person.present > 0) return person.set ? person.role : higher(person.role, role)
  return person.set ? lower(person.role, role) : role
}

function isOpen({ revoked, uses, used }: Invite): boolean {
  return !revoked && (uses === null || used.length < uses)
}
