import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Corestore from 'corestore'
import { encode } from '../../core/codec/codec.ts'
import { logManifest } from '../../core/control/statement.ts'
import { hash } from '../../core/crypto/hash.ts'
import { Allowance } from '../../core/room/allowance.ts'
import type { AllowanceLimits } from '../../core/room/allowance.ts'
import { ContentLog } from '../../core/room/content-log.ts'
import { plainText, textPayload } from '../../core/room/messages/payloads.ts'
import { KIND_TEXT, sealRecord } from '../../core/room/record.ts'
import type { Head } from '../../core/room/record.ts'
import { pairOf, ROOM } from './core-people.ts'

export const EPOCH_KEY = hash([Buffer.from('epoch 0')])

export interface Written {
  readonly text?: string
  readonly kind?: number
  /** In the place of a text. */
  readonly payload?: Buffer
  readonly heads?: Head[]
  readonly epoch?: number
  readonly key?: Buffer
  /** Carries the log's signature so far: a range can end before it. */
  readonly checkpoint?: boolean
  /** The claimed time; default 0. */
  readonly sentAt?: number
}

/** Real logs in stores on disk, for tests of what is done with them. */
export class Logs {
  readonly #dir: string
  readonly #stores: Corestore[] = []
  #nonces = 0

  private constructor(dir: string) {
    this.#dir = dir
  }

  static async open(): Promise<Logs> {
    return new Logs(await mkdtemp(join(tmpdir(), 'porchlight-logs-')))
  }

  /** The log of an author, as it is on the author's device. */
  async author(
    name: string,
    own = false,
    options: { person?: string; limits?: AllowanceLimits } = {},
  ): Promise<ContentLog> {
    const core = this.store().get({ keyPair: pairOf(name), active: true })
    return this.#open(core, { device: name, person: options.person ?? name }, own, options.limits)
  }

  /** An empty copy of the same log on another device. */
  async copy(name: string): Promise<ContentLog> {
    const manifest = logManifest(pairOf(name).publicKey)
    const core = this.store().get({ manifest, active: true })
    return this.#open(core, { device: name, person: name }, false)
  }

  /** The block that a record is sealed into at the end of a log. */
  seal(log: ContentLog, seq: number, record: Written = {}): Buffer {
    const plain = encode(textPayload, plainText(record.text ?? `record ${seq}`))
    const { kind = KIND_TEXT, heads = [], epoch = 0, key = EPOCH_KEY, sentAt = 0 } = record
    const { payload = plain } = record
    const nonce = hash([Buffer.from(`${this.#nonces++}`)], { size: 24 })
    const signature = record.checkpoint ? log.core.core.state.signature : null
    return sealRecord(
      { sentAt, kind, heads, payload },
      { room: ROOM, log: log.key, seq, epoch },
      key,
      nonce,
      signature && Buffer.from(signature),
    )
  }

  /** Appends records one after another in one batch. */
  async write(log: ContentLog, ...records: Written[]): Promise<void> {
    const start = log.core.length
    await log.core.append(records.map((record, i) => this.seal(log, start + i, record)))
  }

  async close(): Promise<void> {
    for (const store of this.#stores) await store.close()
    await rm(this.#dir, { recursive: true, force: true })
  }

  /** An empty store on disk. */
  store(): Corestore {
    const store = new Corestore(join(this.#dir, `${this.#stores.length}`))
    this.#stores.push(store)
    return store
  }

  async #open(
    core: ReturnType<Corestore['get']>,
    author: { device: string; person: string },
    own: boolean,
    limits?: AllowanceLimits,
  ): Promise<ContentLog> {
    await core.ready()
    return new ContentLog(core, author, own, () => {}, new Allowance(limits))
  }
}
