import {
  bounded,
  decodeExact,
  encode,
  fixed,
  list,
  struct,
  text,
  tryDecode,
  uint,
} from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { messageId } from '../message-id.ts'
import { KIND_DELETE, KIND_EDIT, KIND_REACT } from '../record.ts'
import type { RecordBody } from '../record.ts'
import type { PlacedRecord, RecordConsumer } from '../record-consumer.ts'
import { ChangeTable } from './change-table.ts'
import type { Change, ChangeKind } from './change-table.ts'
import { deletePayload, editPayload, reactPayload } from './payloads.ts'
import { MAX_REACTION } from './reaction.ts'

const ANY = 0xffff_ffff
const KINDS: readonly ChangeKind[] = ['edit', 'delete', 'react']

interface SavedChange {
  log: number
  seq: number
  kind: number
  flag: number
  emoji: string
}

interface Saved {
  logs: Buffer[]
  targets: { id: string; changes: SavedChange[] }[]
}

const saved: Codec<Saved> = struct<Saved>({
  logs: list(fixed(32), ANY),
  targets: list(
    struct({
      id: text(40),
      changes: list(
        struct<SavedChange>({
          log: uint,
          seq: uint,
          kind: bounded(2),
          flag: bounded(1),
          emoji: text(MAX_REACTION),
        }),
        ANY,
      ),
    }),
    ANY,
  ),
})

/**
 * What edits, deletions and reactions do to messages: which records change which message, and nothing of what they
 * say but the emoji. Who may change what is decided when a message is read (`resolution.ts`), as an author's log may
 * be known later than the change.
 */
export class Overlay implements RecordConsumer {
  readonly name = 'changes'
  readonly #self: Buffer
  readonly #onchange: (target: string) => void
  #table = new ChangeTable()

  /** `self`: this person's id (hex). `onchange` hears the id of each message that is changed. */
  constructor(self: string, onchange: (target: string) => void) {
    this.#self = Buffer.from(self, 'hex')
    this.#onchange = onchange
  }

  take({ log, seq, body }: PlacedRecord): void {
    const read = this.#read(body)
    if (!read) return
    const { target, kind, flag, emoji } = read
    if (this.#table.add(target, { kind, log: log.hex, seq, flag, emoji })) this.#onchange(target)
  }

  /** All changes of a message, in no order, allowed or not. */
  of(id: string): Change[] {
    return this.#table.of(id)
  }

  save(): Buffer {
    const logs = new Map<string, number>()
    const targets = [...this.#table.targets()].map((id) => ({
      id,
      // The oldest first, as they were taken.
      changes: this.#table
        .of(id)
        .reverse()
        .map(({ log, seq, kind, flag, emoji }) => {
          if (!logs.has(log)) logs.set(log, logs.size)
          return { log: logs.get(log)!, seq, kind: KINDS.indexOf(kind), flag: Number(flag), emoji }
        }),
    }))
    return encode(saved, { logs: [...logs.keys()].map((hex) => Buffer.from(hex, 'hex')), targets })
  }

  load(data: Buffer): void {
    const { logs, targets } = decodeExact(saved, data)
    const names = logs.map((key) => key.toString('hex'))
    const table = new ChangeTable()
    for (const { id, changes } of targets) {
      for (const { log, seq, kind, flag, emoji } of changes) {
        if (log >= names.length) throw new Error('a change of a log without a key')
        table.add(id, { log: names[log]!, seq, kind: KINDS[kind]!, flag: flag === 1, emoji })
      }
    }
    this.#table = table
  }

  reset(): void {
    this.#table = new ChangeTable()
  }

  #read(
    body: RecordBody,
  ): { target: string; kind: ChangeKind; flag: boolean; emoji: string } | null {
    switch (body.kind) {
      case KIND_EDIT: {
        const edit = tryDecode(editPayload, body.payload)
        if (!edit) return null
        const flag = edit.mentions.some((person) => person.equals(this.#self))
        return { target: idOf(edit.target), kind: 'edit', flag, emoji: '' }
      }
      case KIND_DELETE: {
        const gone = tryDecode(deletePayload, body.payload)
        return gone && { target: idOf(gone.target), kind: 'delete', flag: false, emoji: '' }
      }
      case KIND_REACT: {
        const given = tryDecode(reactPayload, body.payload)
        if (!given) return null
        const { target, emoji, on } = given
        return { target: idOf(target), kind: 'react', flag: on === 1, emoji }
      }
      default:
        return null
    }
  }
}

function idOf(target: { log: Buffer; seq: number }): string {
  return messageId(target.log, target.seq)
}
