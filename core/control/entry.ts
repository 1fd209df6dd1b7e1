import { attestationChain } from '../identity/attestation.ts'
import { logPrefix } from './log-prefix.ts'
import { decodeOperation } from './operation.ts'
import type { Operation } from './operation.ts'
import { logKey, recallJoin, recallLog } from './statement.ts'
import type { Join, LogDeclaration } from './statement.ts'

/** How far a control log is known, with the log by the first 8 bytes of its key (hex). */
export interface Known {
  readonly log: string
  readonly length: number
}

/** An entry as the view of the control log holds it. */
export interface StoredEntry {
  /** Key of the control log that it stands in (hex). */
  w: string
  /** That log's length with it. */
  n: number
  /** What its author knew of last: prefix and length, one after another. */
  h: (string | number)[]
  /** The operation (base64). */
  o: string
}

/** One entry of the control log, as the judge reads it. */
export interface Entry {
  readonly writer: string
  readonly prefix: string
  readonly length: number
  readonly heads: readonly Known[]
  readonly op: Operation
  /** What `create` or `admit` lets in. */
  readonly join?: Admission
  /** What `log` declares. */
  readonly declared?: LogDeclaration & { readonly core: Buffer }
}

/** A join statement with what follows from it. */
export interface Admission extends Join {
  /** Core key of its content log. */
  readonly core: Buffer
  /** Devices by whose word it is the person's, itself left out (hex). */
  readonly chain: readonly string[]
}

/** Reads an entry back; null for one that no `apply` of this version stored. */
export function readEntry(stored: StoredEntry): Entry | null {
  const op = decodeOperation(Buffer.from(stored.o, 'base64'))
  if (!op) return null
  const heads: Known[] = []
  for (let i = 0; i < stored.h.length; i += 2) {
    heads.push({ log: stored.h[i] as string, length: stored.h[i + 1] as number })
  }
  const entry = { writer: stored.w, prefix: stored.w.slice(0, 16), length: stored.n, heads, op }
  if (op.type === 'create' || op.type === 'admit') {
    const join = recallJoin(op.statement)
    return join && { ...entry, join: admissionOf(join) }
  }
  if (op.type === 'log') {
    const declared = recallLog(op.statement)
    return declared && { ...entry, declared: { ...declared, core: logKey(declared.log) } }
  }
  return entry
}

/** What follows from a join that was proved. */
export function admissionOf(join: Join): Admission {
  const chain = (attestationChain(join.attestation) ?? []).slice(0, -1)
  return { ...join, core: logKey(join.log), chain: chain.map((key) => key.toString('hex')) }
}

/** How an entry is stored. */
export function storedEntry(
  writer: Buffer,
  length: number,
  heads: readonly { key: Buffer; length: number }[],
  op: Buffer,
): StoredEntry {
  const h = heads.flatMap((head) => [logPrefix(head.key), head.length])
  return { w: writer.toString('hex'), n: length, h, o: op.toString('base64') }
}
