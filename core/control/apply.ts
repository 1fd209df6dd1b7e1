/**
 * The control log's verdict: pure in its view, the same on every node from the same logs, and it never throws
 * for what an entry holds. Autobase calls it in causal order and again after a merge.
 */
import type { ApplyHost, ApplyNode } from 'autobase'
import type Hyperbee from 'hyperbee'
import type { Role } from '../api.ts'
import { decodeOperation } from './operation.ts'
import type { Operation } from './operation.ts'
import { higher, mayInvite, ROLES } from './roles.ts'
import { logKey, readJoin, readLog } from './statement.ts'
import type { Join } from './statement.ts'

/** Most content logs of one device. */
const MAX_LOGS = 64

/** View entries, by key: `room`, `invite/…`, `device/…`, `person/…`, `writer/…`, `log/…`. Buffers are hex. */
export interface RoomEntry {
  name: string
}
export interface InviteEntry {
  role: Role
  uses: number | null
  expiresAt: number | null
  keys: string
  /** Devices it let in. */
  used: string[]
}
export interface DeviceEntry {
  person: string
  writer: string
  /** Signing keys of its content logs, oldest first. */
  logs: string[]
  left: boolean
}
export interface PersonEntry {
  name: string
  role: Role
}

/** Short form of a log's key: the first half of a message id, so no two in a room may share it. */
export function logPrefix(key: Buffer): string {
  return key.subarray(0, 8).toString('hex')
}

export async function apply(nodes: ApplyNode[], view: Hyperbee, host: ApplyHost): Promise<void> {
  for (const node of nodes) {
    const op = node.value && decodeOperation(node.value)
    if (op) await new Verdict(view, host, node.from.key).apply(op)
  }
}

class Verdict {
  readonly #view: Hyperbee
  readonly #host: ApplyHost
  readonly #writer: Buffer

  constructor(view: Hyperbee, host: ApplyHost, writer: Buffer) {
    this.#view = view
    this.#host = host
    this.#writer = writer
  }

  async apply(op: Operation): Promise<void> {
    if (op.type === 'create') return this.#create(op)
    const id = await this.#get<string>(`writer/${hex(this.#writer)}`)
    const device = id && (await this.#get<DeviceEntry>(`device/${id}`))
    const person = device && (await this.#get<PersonEntry>(`person/${device.person}`))
    if (!id || !device || !person || device.left) return
    switch (op.type) {
      case 'invite':
        return this.#invite(op, person)
      case 'admit':
        return this.#admit(op.statement)
      case 'log':
        return this.#log(op.statement)
      case 'profile':
        return this.#view.put(`person/${device.person}`, { ...person, name: op.name })
      case 'leave':
        return this.#view.put(`device/${id}`, { ...device, left: true })
    }
  }

  async #create(op: Operation & { type: 'create' }): Promise<void> {
    const join = readJoin(op.statement)
    if (!join?.room.equals(this.#host.key) || !join.writer.equals(this.#writer)) return
    if (!this.#writer.equals(this.#host.key)) return
    if (await this.#get('room')) return
    await this.#view.put('room', { name: op.name } satisfies RoomEntry)
    await this.#enter(join, 'admin')
  }

  async #invite(op: Operation & { type: 'invite' }, by: PersonEntry): Promise<void> {
    const role = ROLES[op.role]!
    if (!mayInvite(by.role, role)) return
    const key = `invite/${hex(op.invite)}`
    if (await this.#get(key)) return
    const { uses, expiresAt } = op
    const entry: InviteEntry = { role, uses, expiresAt, keys: hex(op.keys), used: [] }
    await this.#view.put(key, entry)
  }

  async #admit(statement: Buffer): Promise<void> {
    const join = readJoin(statement)
    if (!join?.invite || !join.room.equals(this.#host.key)) return
    const key = `invite/${hex(join.invite)}`
    const invite = await this.#get<InviteEntry>(key)
    const device = hex(join.device)
    if (!invite || !admits(invite, join)) return
    if (!(await this.#isFree(join))) return
    if (!invite.used.includes(device)) {
      await this.#view.put(key, { ...invite, used: [...invite.used, device] })
    }
    // A writer that comes back is one still; adding the creator again would make it less.
    if (!(await this.#get(`writer/${hex(join.writer)}`))) {
      await this.#host.addWriter(join.writer, { indexer: false })
    }
    await this.#enter(join, invite.role)
  }

  /** A device enters, or enters again with new logs; its person keeps the higher role and the older name. */
  async #enter(join: Join, role: Role): Promise<void> {
    const [id, personId, writer] = [hex(join.device), hex(join.person), hex(join.writer)]
    const device = await this.#get<DeviceEntry>(`device/${id}`)
    const person = await this.#get<PersonEntry>(`person/${personId}`)
    const logs = new Set([...(device?.logs ?? []), hex(join.log)])
    const entry: DeviceEntry = { person: personId, writer, logs: [...logs], left: false }
    await this.#view.put(`device/${id}`, entry)
    await this.#view.put(`person/${personId}`, {
      name: person?.name ?? join.name,
      role: person ? higher(person.role, role) : role,
    } satisfies PersonEntry)
    await this.#view.put(`writer/${writer}`, id)
    await this.#view.put(`log/${logPrefix(logKey(join.log))}`, hex(join.log))
  }

  async #log(statement: Buffer): Promise<void> {
    const declared = readLog(statement)
    if (!declared || !declared.room.equals(this.#host.key)) return
    const key = `device/${hex(declared.device)}`
    const device = await this.#get<DeviceEntry>(key)
    const log = hex(declared.log)
    if (!device || device.left || device.logs.includes(log) || device.logs.length >= MAX_LOGS)
      return
    const prefix = `log/${logPrefix(logKey(declared.log))}`
    if (await this.#get(prefix)) return
    await this.#view.put(key, { ...device, logs: [...device.logs, log] })
    await this.#view.put(prefix, log)
  }

  /** False when the join would take over another device's control log, or a log that can not be told from another. */
  async #isFree(join: Join): Promise<boolean> {
    const owner = await this.#get<string>(`writer/${hex(join.writer)}`)
    if (owner !== null && owner !== hex(join.device)) return false
    const log = await this.#get<string>(`log/${logPrefix(logKey(join.log))}`)
    const device = await this.#get<DeviceEntry>(`device/${hex(join.device)}`)
    if (device && device.person !== hex(join.person)) return false
    // A device that left comes back with fresh logs only, so an old statement can not bring it back.
    if (device?.left && device.logs.includes(hex(join.log))) return false
    if ((device?.logs.length ?? 0) >= MAX_LOGS) return false
    return log === null || (device?.logs.includes(hex(join.log)) ?? false)
  }

  async #get<T>(key: string): Promise<T | null> {
    const entry = await this.#view.get(key)
    return entry ? (entry.value as T) : null
  }
}

/** True when the invite is still good for this join: not used up by others, not expired when it was made. */
export function admits(invite: InviteEntry, join: Join): boolean {
  if (invite.expiresAt !== null && join.at > invite.expiresAt) return false
  if (invite.used.includes(hex(join.device))) return true
  return invite.uses === null || invite.used.length < invite.uses
}

function hex(data: Buffer): string {
  return data.toString('hex')
}
