/**
 * What of the control log counts as an entry at all: pure in its view, the same on every node from the same
 * logs, and it never throws for what an entry holds. Who may do what is decided by the judge, from the entries
 * that stand here, so that a later entry can take back an earlier one.
 */
import type { ApplyHost, ApplyNode } from 'autobase'
import type Hyperbee from 'hyperbee'
import { storedEntry } from './entry.ts'
import { MAX_BYTES, MAX_ENTRIES } from './log-allowance.ts'
import { logPrefix } from './log-prefix.ts'
import { decodeOperation } from './operation.ts'
import { readJoin, readLog } from './statement.ts'
import type { Join } from './statement.ts'

/** Control logs that one device can let in. */
const MAX_LET_IN = 2_048
/** Heads of an entry that are kept. */
const MAX_HEADS = 512

/** View key `writer/<8 bytes>`: a control log, of which device, and what it has used up. */
interface Writer {
  key: string
  device: string
  entries: number
  bytes: number
  letIn: number
}

/** The key of an entry that is put when the view has this version: such keys rise in the room's order. */
export function entryKey(version: number): string {
  return `entry/${String(version).padStart(12, '0')}`
}

/** Autobase's apply: keeps the entries that are well formed, and makes writers of those whom they let in. */
export async function apply(nodes: ApplyNode[], view: Hyperbee, host: ApplyHost): Promise<void> {
  for (const node of nodes) if (node.value) await take(node, node.value, view, host)
}

async function take(
  node: ApplyNode,
  value: Buffer,
  view: Hyperbee,
  host: ApplyHost,
): Promise<void> {
  const op = decodeOperation(value)
  if (!op) return
  const { key } = node.from
  let writer = await writerOf(view, key)
  if (op.type === 'create') {
    const join = readJoin(op.statement)
    if (writer || !key.equals(host.key) || !join?.writer.equals(key) || join.invite) return
    if (!join.room.equals(host.key)) return
    writer = fresh(join)
  } else if (writer?.key !== key.toString('hex')) return
  if (writer.entries >= MAX_ENTRIES || writer.bytes + value.byteLength > MAX_BYTES) return
  writer.entries++
  writer.bytes += value.byteLength
  const good =
    op.type === 'admit'
      ? await letIn(op.statement, writer, view, host)
      : op.type !== 'log' || (readLog(op.statement)?.room.equals(host.key) ?? false)
  await view.put(`writer/${logPrefix(key)}`, writer)
  if (!good) return
  if (op.type === 'invite') await view.put(`invite/${op.invite.toString('hex')}`, 1)
  const heads = node.heads.slice(0, MAX_HEADS)
  await view.put(entryKey(view.version), storedEntry(key, node.length, heads, value))
}

/** Lets the joiner's control log speak; false when the statement is no good whatever the room's state. */
async function letIn(
  statement: Buffer,
  by: Writer,
  view: Hyperbee,
  host: ApplyHost,
): Promise<boolean> {
  const join = readJoin(statement)
  if (!join?.room.equals(host.key)) return false
  if (join.invite && !(await view.get(`invite/${join.invite.toString('hex')}`))) return false
  const known = await writerOf(view, join.writer)
  if (known) {
    return known.key === join.writer.toString('hex') && known.device === join.device.toString('hex')
  }
  if (by.letIn >= MAX_LET_IN) return false
  by.letIn++
  // A writer that comes back is one still: adding the creator again would make it less.
  await host.addWriter(join.writer, { indexer: false })
  await view.put(`writer/${logPrefix(join.writer)}`, fresh(join))
  return true
}

async function writerOf(view: Hyperbee, key: Buffer): Promise<Writer | null> {
  return ((await view.get(`writer/${logPrefix(key)}`))?.value as Writer | undefined) ?? null
}

function fresh({ writer, device }: Join): Writer {
  return {
    key: writer.toString('hex'),
    device: device.toString('hex'),
    entries: 0,
    bytes: 0,
    letIn: 0,
  }
}
