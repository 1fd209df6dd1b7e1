/** A member's content log in the hands of a test: it holds whatever the test wants, under the member's signature. */
import { join } from 'node:path'
import Corestore from 'corestore'
import type Hypercore from 'hypercore'
import { encode } from '../../core/codec/codec.ts'
import { logKey } from '../../core/control/statement.ts'
import type { Random } from '../../core/random.ts'
import { plainText, textPayload } from '../../core/room/messages/payloads.ts'
import { contentKeyPair } from '../../core/room/own-keys.ts'
import { sealRecord } from '../../core/room/record.ts'
import type { RecordBody } from '../../core/room/record.ts'
import { roomKey } from './stolen-membership.ts'
import type { Membership } from './stolen-membership.ts'

export class CraftedLog {
  readonly key: Buffer
  readonly core: Hypercore
  readonly #store: Corestore
  readonly #seal: (body: RecordBody, seq: number) => Buffer

  private constructor(
    store: Corestore,
    core: Hypercore,
    key: Buffer,
    seal: (body: RecordBody, seq: number) => Buffer,
  ) {
    this.#store = store
    this.core = core
    this.key = key
    this.#seal = seal
  }

  /** A history of the member's first log, one for each `name`. */
  static async open(
    dir: string,
    name: string,
    { keys, record }: Membership,
    random: Random,
  ): Promise<CraftedLog> {
    const keyPair = contentKeyPair(keys, record, 0)
    const key = logKey(keyPair.publicKey)
    const [epoch, sealingKey] = Object.entries(record.epochs).at(-1)!
    const place = { room: roomKey(record), log: key, epoch: Number(epoch) }
    const store = new Corestore(join(dir, name))
    const core = store.get({ keyPair, active: true })
    await core.ready()
    return new CraftedLog(store, core, key, (body, seq) =>
      sealRecord(body, { ...place, seq }, Buffer.from(sealingKey, 'hex'), random.bytes(24)),
    )
  }

  async say(...words: string[]): Promise<void> {
    await this.sayAt(Date.now(), ...words)
  }

  async sayAt(sentAt: number, ...words: string[]): Promise<void> {
    await this.write(
      ...words.map((text) => ({
        sentAt,
        kind: 1,
        heads: [],
        payload: encode(textPayload, plainText(text, null)),
      })),
    )
  }

  async write(...bodies: RecordBody[]): Promise<void> {
    const start = this.core.length
    await this.core.append(bodies.map((body, i) => this.#seal(body, start + i)))
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}
