import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { NodeAddress } from 'hyperdht'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../../node-app/package-root.ts'
import { PrivateDht } from '../compliance/private-dht.ts'
import { until } from '../compliance/until.ts'
import { LabProcess } from '../lab/lab-process.ts'
import { DhtAttacker, noRelay } from './dht-attacker.ts'
import type { Peer } from './dht-attacker.ts'

const CHILD = join(packageRoot, 'dist', 'test', 'lab', 'dht-child.js')
const TOPIC = 'a room'
const GROWTH_MB = 20

interface Load {
  readonly handshakes: number
  readonly dials: number
  /** Dials begun so far. */
  readonly dialled: number
  readonly links: number
}

interface Told {
  readonly event: string
  readonly state?: string
  readonly address?: string
  readonly load?: Load
  readonly most?: Load
}

let dht: PrivateDht
let victim: LabProcess
let attacker: DhtAttacker
let others: LabProcess[] = []

function device(host: string): LabProcess {
  const options = { bootstrap: dht.bootstrap, host, topic: TOPIC }
  return new LabProcess(process.execPath, [CHILD, JSON.stringify(options)], { open: true })
}

function told(from: LabProcess, event: string): Told[] {
  return from.lines.map((line) => JSON.parse(line) as Told).filter((told) => told.event === event)
}

/** What the victim has open now, and the most of each that it ever had at once. */
function load(): { most: Load; now: Load } {
  const { load: now, most } = told(victim, 'cpu').at(-1)!
  return { now: now!, most: most! }
}

/** Waits until the victim told anew of what it has open. */
async function looked(): Promise<void> {
  const before = told(victim, 'cpu').length
  await until('two looks more', () => told(victim, 'cpu').length > before + 1)
}

async function residentMb(): Promise<number> {
  const status = await readFile(`/proc/${victim.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1_024
}

/** An honest device that comes now links with the victim. */
async function honestIsLinked(host: string): Promise<void> {
  const honest = device(host)
  others.push(honest)
  await until('the honest device to be linked', () => told(honest, 'hello').length > 0)
}

beforeAll(async () => {
  dht = await PrivateDht.start('127.77.50')
})

beforeEach(async () => {
  victim = device('127.77.51.1')
  others = []
  await until('the victim to be on', () => told(victim, 'status').some((s) => s.state === 'on'))
  attacker = new DhtAttacker(dht.bootstrap, '127.77.52.1')
})

afterEach(async () => {
  const mishaps = told(victim, 'mishap')
  const alive = victim.running
  await Promise.all([attacker.close(), ...[victim, ...others].map((child) => child.stop())])
  if (!alive || mishaps.length > 0) throw new Error(`the victim: ${JSON.stringify(mishaps)}`)
})

afterAll(() => dht.stop())

const VICTIM: NodeAddress = { host: '127.77.51.1', port: 49_737 }
/** A node of the DHT that passes handshakes on to it. */
function between({ relayAddresses }: Peer): NodeAddress {
  return relayAddresses.find(({ host }) => host !== VICTIM.host)!
}

test.each([
  ['itself', () => VICTIM],
  ['a node of the DHT', between],
])('A13: handshakes that are begun at %s and never finished are few at a time', async (_, by) => {
  const peer = await attacker.find(TOPIC)
  const to = by(peer)
  const before = await residentMb()
  const flood = (async () => {
    for (let i = 0; i < 2_000; i++) await attacker.begin(peer, to)
  })()
  await honestIsLinked('127.77.53.1')
  await flood
  await looked()
  expect(load().most.handshakes).toBeGreaterThan(0)
  expect(load().most.handshakes).toBeLessThanOrEqual(16)
  expect(told(victim, 'link').length).toBe(1)
  // It sends so many a second as it is answered, which takes long on a busy machine.
  await attacker.close()
  await until('the rest to be let go', () => load().now.handshakes === 0)
  expect((await residentMb()) - before).toBeLessThan(GROWTH_MB)
})

test('A13: relays that strangers name are dialled seldom', async () => {
  const peer = await attacker.find(TOPIC)
  await looked()
  const before = load().now.dialled
  const more = [2, 3, 4, 5].map((n) => new DhtAttacker(dht.bootstrap, `127.77.52.${n}`))
  for (const stranger of [attacker, ...more]) {
    for (let i = 0; i < 20; i++) await stranger.begin(peer, between(peer), noRelay())
  }
  await until('them to be taken up', () => load().most.handshakes >= 24)
  await looked()
  expect(load().now.dialled - before).toBeGreaterThan(0)
  expect(load().now.dialled - before).toBeLessThanOrEqual(16)
  await until('them to end', () => load().now.dials === 0)
  await Promise.all(more.map((stranger) => stranger.close()))
})

test('a stranger who connects with a hundred keys gets so many links and no more', async () => {
  const peer = await attacker.find(TOPIC)
  const before = await residentMb()
  const connections = Array.from({ length: 100 }, () => attacker.connect(peer))
  await until(
    'each to be refused or taken',
    () => connections.filter((c) => c.destroyed || c.heard).length === 100,
  )
  await honestIsLinked('127.77.53.2')
  await looked()
  expect(load().most.links).toBeLessThanOrEqual(33)
  expect((await residentMb()) - before).toBeLessThan(GROWTH_MB)
  for (const connection of connections) connection.destroy()
})

test('A11: who announces a frame of 16 MB is cut off before it is made room for', async () => {
  const peer = await attacker.find(TOPIC)
  const before = await residentMb()
  for (let i = 0; i < 8; i++) {
    const connection = attacker.connect(peer)
    await until('the link', () => connection.heard)
    const raw = connection.rawStream as unknown as { write(bytes: Buffer): boolean }
    raw.write(Buffer.of(0xff, 0xff, 0xff))
    raw.write(Buffer.alloc(64 * 1024))
    await until('the end of it', () => connection.destroyed)
  }
  await looked()
  await until('all to be gone', () => load().now.links === 0)
  expect((await residentMb()) - before).toBeLessThan(GROWTH_MB)
  await honestIsLinked('127.77.53.3')
})
