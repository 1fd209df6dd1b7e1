/**
 * What of the control log counts as an entry at all: pure in its view, the same on every node from the same
 * logs, and it never throws for what an entry holds. Who may do what is decided by the judge, from the entries
 * that stand here, so that a later entry can take back an earlier one.
 */
import type { ApplyHost, ApplyNode } from 'autobase'
import type Hyperbee from 'hyperbee'
import type { EntryCache } from './entry-cache.ts'
import { entryKey } from './entry-key.ts'
import { storedEntry } from './entry.ts'
import { Gate } from './gate.ts'
import { entryCost, MAX_BYTES, MAX_ENTRIES, MAX_HEADS } from './log-allowance.ts'
import { logPrefix } from './log-prefix.ts'
import { decodeOperation } from './operation.ts'
import { hasPlace, pays, takePlace } from './room-allowance.ts'
import { readJoin, readLog } from './statement.ts'
import type { Join } from './statement.ts'

/** View key `writer/<8 bytes>`: a control log, of which device, what it has used up, and with whom it counts. */
interface Writer {
  key: string
  device: string
  entries: number
  bytes: number
  /** First 8 bytes of the control log at the root of its branch. */
  branch: string
}

/** What an entry is applied to. */
interface Place {
  readonly view: Hyperbee
  readonly host: ApplyHost
  readonly gate: Gate
}

type Apply = (nodes: ApplyNode[], view: Hyperbee, host: ApplyHost) => Promise<void>

/** Autobase's apply: keeps the entries that are well formed, and makes writers of those whom they let in. */
export function applier(cache: EntryCache): Apply {
  const gate = new Gate(cache)
  return async (nodes, view, host) => {
    await gate.follow(view)
    for (const node of nodes) if (node.value) await take(node, node.value, { view, host, gate })
    gate.reached(view.version)
  }
}

async function take(node: ApplyNode, value: Buffer, place: Place): Promise<void> {
  const { view, host, gate } = place
  const op = decodeOperation(value)
  if (!op) return
  const { key } = node.from
  let writer = await writerOf(view, key)
  if (op.type === 'create') {
    const join = readJoin(op.statement)
    if (writer || !key.equals(host.key) || !join?.writer.equals(key) || join.invite) return
    if (!join.room.equals(host.key)) return
    writer = fresh(join, logPrefix(key))
  } else if (writer?.key !== key.toString('hex')) return
  const heads = node.heads.slice(0, MAX_HEADS)
  const cost = entryCost(value.byteLength, heads.length)
  if (writer.entries >= MAX_ENTRIES || writer.bytes + cost > MAX_BYTES) return
  const trust = op.type === 'create' ? 'trusted' : gate.trust(writer.key)
  if (!(await pays(view, writer, trust, cost))) return
  writer.entries++
  writer.bytes += cost
  await view.put(`writer/${logPrefix(key)}`, writer)
  const join = op.type === 'admit' ? await joinOf(op.statement, writer, place) : null
  if (op.type === 'admit' && !join) return
  if (op.type === 'log' && !readLog(op.statement)?.room.equals(host.key)) return
  if (op.type === 'invite') await view.put(`invite/${op.invite.toString('hex')}`, 1)
  const stored = storedEntry(key, node.length, heads, value)
  const { version } = view
  await view.put(entryKey(version), stored)
  gate.hear(version, stored)
  if (join && !(await writerOf(view, join.writer))) await letIn(join, writer, place)
}

/** The joiner whom an entry may let in; null when the statement is no good whatever the room's state. */
async function joinOf(statement: Buffer, by: Writer, place: Place): Promise<Join | null> {
  const { view, host, gate } = place
  const join = readJoin(statement)
  if (!join?.room.equals(host.key)) return null
  if (join.invite && !(await view.get(`invite/${join.invite.toString('hex')}`))) return null
  const known = await writerOf(view, join.writer)
  if (known) {
    const same =
      known.key === join.writer.toString('hex') && known.device === join.device.toString('hex')
    return same ? join : null
  }
  const trusted = gate.trust(by.key) === 'trusted'
  return (await hasPlace(view, await branchOf(join, by, place), trusted)) ? join : null
}

/** Lets the joiner's control log speak: of those whom no act lets in that counts, a few. */
async function letIn(join: Join, by: Writer, place: Place): Promise<void> {
  const { view, host, gate } = place
  const branch = await branchOf(join, by, place)
  const stray = gate.trust(join.writer.toString('hex')) === 'stray'
  if (!(await takePlace(view, branch, stray))) return
  // A writer that comes back is one still: adding the creator again would make it less.
  await host.addWriter(join.writer, { indexer: false })
  await view.put(`writer/${logPrefix(join.writer)}`, fresh(join, branch))
}

/** With whom a joiner counts: its person's first device, whoever lets it in, or the root of a branch of its own. */
async function branchOf(join: Join, by: Writer, { view, gate }: Place): Promise<string> {
  const own = logPrefix(join.writer)
  const first = gate.firstOf(join.person.toString('hex'))
  if (first !== null && first !== join.writer.toString('hex')) {
    return (await writerOf(view, Buffer.from(first, 'hex')))?.branch ?? by.branch
  }
  return gate.trust(by.key) === 'trusted' ? own : by.branch
}

async function writerOf(view: Hyperbee, key: Buffer): Promise<Writer | null> {
  return ((await view.get(`writer/${logPrefix(key)}`))?.value as Writer | undefined) ?? null
}

function fresh({ writer, device }: Join, branch: string): Writer {
  return {
    key: writer.toString('hex'),
    device: device.toString('hex'),
    entries: 0,
    bytes: 0,
    branch,
  }
}
