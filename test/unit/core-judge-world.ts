import type { Entry, Known } from '../../core/control/entry.ts'
import { epochId } from '../../core/control/epoch-id.ts'
import { judge } from '../../core/control/judge.ts'
import { logPrefix } from '../../core/control/log-prefix.ts'
import type { Cut, KeyBox, Operation } from '../../core/control/operation.ts'
import { ROLES } from '../../core/control/roles.ts'
import type { RoomState } from '../../core/control/room-state.ts'
import { hash } from '../../core/crypto/hash.ts'
import type { Role } from '../../core/api.ts'

const key = (name: string): Buffer => hash([Buffer.from(name)])
export const hex = (data: Buffer): string => data.toString('hex')
export const ROOM_KEY = key('room')
const NOBODY: Cut = { control: [], content: [] }

/** A device by its name: `ann` is Ann's first, `ann/2` her second. */
export interface Device {
  readonly name: string
  readonly id: Buffer
  readonly person: Buffer
  readonly writer: Buffer
}

export function device(name: string): Device {
  const id = key(`device ${name}`)
  const writer = name === 'ann' ? ROOM_KEY : key(`writer ${name}`)
  return { name, id, person: key(`person ${name.split('/')[0]!}`), writer }
}

export const person = (name: string): string => hex(device(name).person)
/** Core key of the n-th content log of a device. */
export const logOf = (name: string, n = 0): Buffer => key(`log core ${name} ${n}`)

/** Key of a node that holds rooms. */
export const nodeOf = (name: string): Buffer => key(`node ${name}`)

/** Entries in the room's order, as they were said on any side. */
export class World {
  readonly entries: Entry[] = []
  readonly #lengths = new Map<string, number>()

  /** A room of Ann's, and the side from which all others split. */
  static open(): { world: World; all: Side } {
    const world = new World()
    const all = new Side(world, new Map())
    const statement = Buffer.alloc(0)
    const create = { type: 'create', name: 'Porch', statement, ephemeral: key('first') } as const
    all.say('ann', create, { join: joinOf('ann', null) })
    return { world, all }
  }

  get state(): RoomState {
    return judge(this.entries)
  }

  add(writer: Buffer, heads: readonly Known[], op: Operation, more: Partial<Entry>): Entry {
    const id = hex(writer)
    const length = (this.#lengths.get(id) ?? 0) + 1
    this.#lengths.set(id, length)
    const entry = { writer: id, prefix: id.slice(0, 16), length, heads, op, ...more }
    this.entries.push(entry)
    return entry
  }
}

/** What a device says to be let in. */
export function joinOf(
  name: string,
  invite: string | null,
  more: { log?: number; chain?: string[]; at?: number } = {},
): NonNullable<Entry['join']> {
  const { id, person: owner, writer } = device(name)
  const { log = 0, chain = [], at = 0 } = more
  return {
    room: ROOM_KEY,
    invite: invite === null ? null : key(`invite ${invite}`),
    device: id,
    person: owner,
    attestation: Buffer.alloc(0),
    recovery: key('recovery'),
    name: name.split('/')[0]!,
    writer,
    log: key(`log ${name} ${log}`),
    at,
    core: logOf(name, log),
    chain: chain.map((other) => hex(device(other).id)),
  }
}

/** What some devices know while they are together and apart from others. */
export class Side {
  readonly #world: World
  readonly #known: Map<string, number>

  constructor(world: World, known: Map<string, number>) {
    this.#world = world
    this.#known = known
  }

  split(): Side {
    return new Side(this.#world, new Map(this.#known))
  }

  /** Comes to know what another side knows. */
  learn(other: Side): this {
    for (const [log, length] of other.#known) {
      this.#known.set(log, Math.max(length, this.#known.get(log) ?? 0))
    }
    return this
  }

  say(author: string, op: Operation, more: Partial<Entry> = {}): Entry {
    const heads = [...this.#known].map(([log, length]) => ({ log, length }))
    const entry = this.#world.add(device(author).writer, heads, op, more)
    this.#known.set(entry.prefix, entry.length)
    return entry
  }

  /** How far this side knows a device's control log, and what it saw of its content logs. */
  cut(name: string, content: Record<string, number> = {}): Cut {
    const control = [...this.#known].filter(([log]) => log === prefixOf(name))
    return {
      control: control.map(([log, length]) => ({ log: Buffer.from(log, 'hex'), length })),
      content: Object.entries(content).map(([log, length]) => {
        const [owner, n] = log.split(':')
        return { log: logOf(owner!, Number(n ?? 0)).subarray(0, 8), length }
      }),
    }
  }

  invite(
    by: string,
    name: string,
    over: Partial<Operation & { type: 'invite' }> & { as?: Role } = {},
  ): Entry {
    const { as = 'member', ...rest } = over
    const role = ROLES.indexOf(as)
    const invite = key(`invite ${name}`)
    return this.say(by, { type: 'invite', invite, role, uses: null, expiresAt: null, ...rest })
  }

  admit(
    by: string,
    joiner: string,
    invite: string | null,
    more: { log?: number; chain?: string[]; at?: number; epoch?: number; keys?: number } = {},
  ): Entry {
    const { epoch = 0, keys = 1 } = more
    const op: Operation = {
      type: 'admit',
      statement: Buffer.alloc(0),
      epoch,
      keys: Buffer.alloc(keys, 9),
    }
    return this.say(by, op, { join: joinOf(joiner, invite, more) })
  }

  declare(by: string, owner: string, n: number): Entry {
    const log = key(`log ${owner} ${n}`)
    const declared = { room: ROOM_KEY, device: device(owner).id, log, at: 0, core: logOf(owner, n) }
    return this.say(by, { type: 'log', statement: Buffer.alloc(0) }, { declared })
  }

  remove(by: string, who: string, over: { ban?: boolean; cut?: Cut } = {}): Entry {
    const { ban = false, cut = this.cut(who) } = over
    return this.say(by, { type: 'remove', person: device(who).person, ban: ban ? 1 : 0, cut })
  }

  role(by: string, who: string, role: Role, cut = this.cut(who)): Entry {
    return this.say(by, {
      type: 'role',
      person: device(who).person,
      role: ROLES.indexOf(role),
      cut,
    })
  }

  mute(by: string, who: string, on: boolean, content: Record<string, number> = {}): Entry {
    const cut = this.cut(who, content)
    return this.say(by, { type: 'mute', person: device(who).person, on: on ? 1 : 0, cut })
  }

  drop(by: string, gone: string, cut = this.cut(gone)): Entry {
    return this.say(by, { type: 'drop', device: device(gone).id, cut })
  }

  revoke(by: string, name: string, keep: string[] = []): Entry {
    const list = keep.map((other) => device(other).id.subarray(0, 8))
    return this.say(by, { type: 'revoke', invite: key(`invite ${name}`), keep: list })
  }

  /** Returns the epoch's id. */
  rotate(by: string, parent: number, to: string[], at = 0): number {
    const ephemeral = key(`rotation ${this.#world.entries.length}`)
    const boxes: KeyBox[] = to.map((name) => {
      return { device: device(name).id.subarray(0, 8), box: Buffer.alloc(48) }
    })
    const epoch = epochId(ephemeral, ROOM_KEY, device(by).id)
    this.say(by, { type: 'rotate', epoch, parent, at, ephemeral, boxes, links: [] })
    return epoch
  }

  grant(by: string, to: string, epoch: number): Entry {
    return this.say(by, { type: 'grant', device: device(to).id, epoch, keys: Buffer.alloc(1, 7) })
  }

  /** A node that holds the room, by its name; its relay is `relay`. */
  mirror(by: string, node: string, on = true, relay: string | null = null): Entry {
    const named = { node: nodeOf(node), relay: relay === null ? null : key(relay), name: node }
    return this.say(by, { type: 'mirror', ...named, at: 0, on: on ? 1 : 0 })
  }

  set(by: string, over: Partial<Operation & { type: 'settings' }>): Entry {
    const none = { history: 0, rotateEvery: null, keepFor: null, disappearAfter: null }
    return this.say(by, { type: 'settings', ...none, ...over })
  }
}

export function prefixOf(name: string): string {
  return logPrefix(device(name).writer)
}

/** Names of the devices that are in. */
export function within({ devices }: RoomState, names: readonly string[]): string[] {
  return names.filter((name) => devices.get(hex(device(name).id))?.standing === 'in')
}

export function roleOf({ persons }: RoomState, name: string): Role | undefined {
  return persons.get(person(name))?.role
}

export { NOBODY }
