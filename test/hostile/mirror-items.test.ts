/** Depositors that lie of files, name very many of them, or come for what is not theirs. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import NoiseSecretStream from '@hyperswarm/secret-stream'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { Connection } from '../../core/connection/connection.ts'
import { NEARBY_TOPIC } from '../../core/connection/transport-manager.ts'
import { prove } from '../../core/mirror/exchange/proofs.ts'
import { KEEPING } from '../../core/mirror/items/keeping.ts'
import { decodeWishes } from '../../core/mirror/items/wish-file.ts'
import { mirrorId } from '../../core/mirror/mirror-keys.ts'
import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import { sessionMessages, SESSION_PROTOCOL } from '../../core/session/messages.ts'
import type { Link } from '../../core/transport.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import { SimNode } from '../sim/sim-node.ts'
import { pairOf } from '../unit/core-people.ts'
import { until } from '../unit/core-mirror-street.ts'
import { CraftedFiles, CraftedSource } from './crafted-files.ts'
import type { Answer } from './crafted-files.ts'
import { craftItem } from './crafted-item.ts'
import type { CraftedItem } from './crafted-item.ts'
import { CraftedMirrors } from './crafted-mirrors.ts'

const KEY = Buffer.alloc(32, 3)
const ID = mirrorId(KEY)
const OTHER = Buffer.alloc(32, 4)

let dir: string
let random: Random
let network: MemoryNetwork
let node: SimNode
let stops: (() => Promise<void>)[]

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-hostile-'))
  random = seededRandom(Number(process.env.HOSTILE_SEED ?? 8))
  network = new MemoryNetwork({ clock: systemClock, random, reconnect: 20 })
  const base = { dir, clock: systemClock, random, network, transports: [{}] }
  node = new SimNode({ ...base, name: 'node' })
  await node.start()
  await node.engine.mirrors.setSettings({ neighbourhood: true })
  stops = []
})

afterEach(async () => {
  for (const stop of stops) await stop()
  await node.stop()
  await rm(dir, { recursive: true, force: true })
})

/** One who comes to the node, and says whatever a test wants of mirrors and files. */
class Peer {
  readonly mirrors: CraftedMirrors
  readonly files: CraftedFiles

  constructor(connection: Connection) {
    this.mirrors = new CraftedMirrors(connection)
    const channel = connection.mux.createChannel({ protocol: SESSION_PROTOCOL })!
    const senders = Object.entries(sessionMessages).map(([name, encoding]) => {
      const message = channel.addMessage({ encoding: encoding as never, onmessage: () => {} })
      return [name, message] as const
    })
    channel.open()
    this.files = new CraftedFiles(connection.mux)
    const ping = new Map(senders).get('ping')!
    connection.on('tick', () => ping.send({} as never))
  }

  static async come(name: string): Promise<Peer> {
    const transport = network.transport(name)
    let peer: Peer | null = null
    transport.on('link', (link: Link) => {
      if (link.address !== 'memory:node' || peer) return link.stream.destroy()
      const signal = new AbortController().signal
      Connection.open(link, NoiseSecretStream.keyPair(), { clock: systemClock, signal }).then(
        (connection) => (peer = new Peer(connection)),
        () => {},
      )
    })
    transport.join(NEARBY_TOPIC)
    await transport.start()
    stops.push(() => transport.stop())
    return until(`${name} to meet the node`, () => peer ?? undefined)
  }

  get closed(): boolean {
    return this.mirrors.closed
  }

  tag(key = KEY): Buffer {
    return this.mirrors.tag(key)
  }

  /** Deposits a mirror in the name of somebody. */
  async deposit(name: string, key = KEY): Promise<void> {
    const { publicKey: depositor } = pairOf(name)
    const signature = prove('mirror-deposit', this.mirrors.connection, pairOf(name), key)
    this.mirrors.send.deposit.send({ key, depositor, signature })
    const answer = await this.mirrors.hears('answer')
    if (answer.refused !== 0) throw new Error(`refused: ${answer.refused}`)
  }

  /** Would have these kept, and nothing else any more. */
  name(items: readonly CraftedItem['ref'][], key = KEY): void {
    const list = items.map(({ root, size, chunk }) => ({ root, size, chunk }))
    this.mirrors.send.items.send({ tag: this.tag(key), fresh: 1, more: 0, list, gone: [] })
  }

  serve(item: CraftedItem, answer?: Answer): CraftedSource {
    return new CraftedSource(this, this.tag(), item, answer)
  }

  /** What the node said last of an item. */
  keeping({ ref }: CraftedItem): string | undefined {
    const said = this.mirrors.said('kept').flatMap(({ list }) => list)
    const last = said.findLast(({ root }) => root.equals(ref.root))
    return last && KEEPING[last.state]
  }
}

function craft(bytes: number): CraftedItem {
  return craftItem(random.bytes(bytes), random)
}

/** Bytes of chunks that the node keeps. */
async function keptBytes(): Promise<number> {
  const held = join(node.dir, 'mirror-items', 'held')
  const names = await readdir(held).catch(() => [])
  let bytes = 0
  for (const name of names) bytes += (await stat(join(held, name))).blocks * 512
  return bytes
}

test('who lies of a file’s size is found out, and keeps nobody else’s file out', async () => {
  const item = craft(300_000)
  const mallory = await Peer.come('mallory')
  await mallory.deposit('mallory')
  mallory.name([{ ...item.ref, size: item.ref.size + 1 }])
  mallory.serve(item)
  await until('the lie to be found', () => mallory.keeping(item) === 'false')
  await until('nothing to be left of it', async () => (await keptBytes()) === 0)
  const ann = await Peer.come('ann')
  await ann.deposit('ann')
  ann.name([item.ref])
  ann.serve(item)
  await until('it to be kept', () => ann.keeping(item) === 'kept')
  expect(await ann.files.ask(ann.tag(), item.ref.root)).toBe('all')
  expect(mallory.keeping(item)).not.toBe('kept')
})

test('wrong chunks are kept from nobody’s reader: their source is left, and the right ones are taken from another', async () => {
  const item = craft(300_000)
  const mallory = await Peer.come('mallory')
  await mallory.deposit('mallory')
  mallory.name([item.ref])
  const source = mallory.serve(item, ({ index }, right) => {
    const wrong = Buffer.from(right)
    if (index > 0) wrong[9]! ^= 1
    return wrong
  })
  await until('it to be asked', () => source.wanted.length > 0)
  const ann = await Peer.come('ann')
  await ann.deposit('ann')
  ann.name([item.ref])
  ann.serve(item)
  await until('it to be kept', () => ann.keeping(item) === 'kept')
  const path = join(node.dir, 'mirror-items', 'held', item.ref.root.toString('hex'))
  expect((await readFile(path)).equals(Buffer.concat(item.chunks))).toBe(true)
})

test('A17: who names 100,000 files has few of them noted, and the node goes on', async () => {
  const item = craft(100_000)
  const mallory = await Peer.come('mallory')
  await mallory.deposit('mallory')
  for (let n = 0; n < 100_000 && !mallory.closed; n += 250) {
    const list = Array.from({ length: 250 }, () => {
      return { root: random.bytes(32), size: 2 ** 40, chunk: 2 ** 24 }
    })
    const more = Number(n % 5_000 !== 0)
    mallory.mirrors.send.items.send({ tag: mallory.tag(), fresh: 0, more, list, gone: [] })
    await mallory.mirrors.connection.drained()
  }
  const ann = await Peer.come('ann')
  await ann.deposit('ann')
  ann.name([item.ref])
  ann.serve(item)
  await until('it to be kept', () => ann.keeping(item) === 'kept')
  const lists = await readFile(join(node.dir, 'mirror-items', 'lists', ID))
  const wishes = decodeWishes(lists)!
  expect(wishes.countOf(`depositor ${pairOf('mallory').publicKey.toString('hex')}`)).toBeLessThan(
    257,
  )
  expect(await keptBytes()).toBeLessThan(200_000)
})

test('a file of one mirror is not to be had under another’s tag, whoever names it there; who merely knows the key has what is kept, and is asked for nothing', async () => {
  const item = craft(200_000)
  const ann = await Peer.come('ann')
  await ann.deposit('ann')
  ann.name([item.ref])
  ann.serve(item)
  await until('it to be kept', () => ann.keeping(item) === 'kept')

  const mallory = await Peer.come('mallory')
  await mallory.deposit('mallory', OTHER)
  mallory.name([item.ref], OTHER)
  const bearer = await Peer.come('bearer')
  bearer.mirrors.show(KEY)
  bearer.mirrors.send.open.send({ tag: bearer.tag(), kind: 0 })
  await bearer.mirrors.hears('open')
  expect(await bearer.files.ask(bearer.tag(), item.ref.root)).toBe('all')
  expect(await bearer.files.want(bearer.tag(), item.ref.root, 1)).toEqual(item.manifest)
  // What it names is not listened to, and it is no source.
  const false_ = craft(100_000)
  bearer.name([false_.ref])
  const source = bearer.serve(false_)
  const more = craft(100_000)
  ann.name([item.ref, more.ref])
  ann.serve(more)
  await until('it to be kept', () => ann.keeping(more) === 'kept')
  expect(bearer.files.said('ask')).toEqual([])
  expect(source.wanted).toEqual([])
  expect(await mallory.files.ask(mallory.tag(OTHER), item.ref.root)).toBe('none')
  expect(await mallory.files.want(mallory.tag(OTHER), item.ref.root, 1)).toBe('none')
  expect(mallory.keeping(item)).not.toBe('kept')
})
