import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duplexPair } from 'node:stream'
import NoiseSecretStream from '@hyperswarm/secret-stream'
import Corestore from 'corestore'
import Protomux from 'protomux'
import { systemClock } from '../../core/clock.ts'
import { Envelope } from '../../core/crypto/envelope.ts'
import { ControlLog } from '../../core/control/control-log.ts'
import { epochId } from '../../core/control/epoch-id.ts'
import type { Operation } from '../../core/control/operation.ts'
import { logKey } from '../../core/control/statement.ts'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import { silentLogger } from '../../core/logger.ts'
import { seededRandom } from '../../core/random.ts'
import { until } from '../compliance/until.ts'
import { joinStatement, known, logOf, pairOf, people } from './core-people.ts'

const SECRET = Buffer.alloc(32, 5)
const once = pairOf('once')
const open = pairOf('open')

let dir: string
let keys: DeviceKeys[]
let rooms = 0
const logs: ControlLog[] = []
const stores: Corestore[] = []
const streams: NoiseSecretStream[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-control-'))
  keys = await people(5)
})

afterEach(async () => {
  await closeAll()
  await rm(dir, { recursive: true, force: true })
})

async function closeAll(): Promise<void> {
  for (const stream of streams.splice(0)) stream.destroy()
  for (const log of logs.splice(0)) await log.close()
  for (const store of stores.splice(0)) await store.close()
}

const controlPair = (n: number) => pairOf(`control ${n}`)

/** The control log of the n-th person's device; a room of its own when there is no key yet. */
async function control(n: number, key: Buffer | null): Promise<ControlLog> {
  const store = new Corestore(join(dir, `${rooms} ${n}`))
  stores.push(store)
  const log = await ControlLog.open({
    store,
    key,
    encryptionKey: SECRET,
    envelope: new Envelope(SECRET, 'control', seededRandom(1)),
    keyPair: controlPair(n),
    suspect: false,
    trust: async () => {},
    clock: systemClock,
    journal: {
      append: async () => ({ generation: 0, offset: 0, data: Buffer.alloc(0) }),
      retract: async () => {},
    },
    logger: silentLogger,
  })
  logs.push(log)
  return log
}

/** Connects two of them, who tell each other what they know each time that changes. Returns the function that parts them. */
function connect(a: ControlLog, b: ControlLog): () => void {
  const [left, right] = duplexPair()
  const ends = [new NoiseSecretStream(true, left), new NoiseSecretStream(false, right)]
  for (const end of ends) end.on('error', () => {})
  streams.push(...ends)
  a.attach(new Protomux(ends[0]!))
  b.attach(new Protomux(ends[1]!))
  const tellB = (): void => void b.hint(a.heads(), true)
  const tellA = (): void => void a.hint(b.heads(), true)
  a.on('heads', tellB)
  b.on('heads', tellA)
  tellA()
  tellB()
  return () => {
    a.off('heads', tellB)
    b.off('heads', tellA)
    for (const end of ends) end.destroy()
  }
}

function admit(room: ControlLog, n: number, invite: typeof once): Operation {
  const place = {
    room: room.key,
    writer: logKey(known(controlPair(n)).publicKey),
    log: logOf(keys[n]!),
  }
  return {
    type: 'admit',
    statement: joinStatement(keys[n]!, invite, place),
    epoch: 0,
    keys: Buffer.alloc(0),
  }
}

function inviteOf(key: Buffer, uses: number | null): Operation {
  return { type: 'invite', invite: key, role: 2, uses, expiresAt: null }
}

const has = (log: ControlLog, n: number): boolean =>
  log.state.devices.has(keys[n]!.device.publicKey.toString('hex'))

const deviceId = (n: number): string => keys[n]!.device.publicKey.toString('hex')

const standing = (log: ControlLog, n: number): string | undefined =>
  log.state.devices.get(deviceId(n))?.standing

function roleOf(n: number, role: number): Operation {
  return { type: 'role', person: keys[n]!.person, role, cut: { control: [], content: [] } }
}

/** As far as this node knows whom it removes. */
function removal(log: ControlLog, n: number): Operation {
  const { writer } = log.state.devices.get(deviceId(n))!
  const control = log
    .heads()
    .filter(({ key }) => key.toString('hex') === writer)
    .map(({ key, length }) => ({ log: key.subarray(0, 8), length }))
  return { type: 'remove', person: keys[n]!.person, ban: 0, cut: { control, content: [] } }
}

function rotation(log: ControlLog, name: string, parent: number, to: number[]): Operation {
  const author = Buffer.from(log.state.writers.get(log.writer.toString('hex'))!, 'hex')
  const ephemeral = pairOf(name).publicKey
  const boxes = to.map((n) => {
    return { device: keys[n]!.device.publicKey.subarray(0, 8), box: Buffer.alloc(48, n) }
  })
  const epoch = epochId(ephemeral, log.key, author)
  return { type: 'rotate', epoch, parent, at: 0, ephemeral, boxes, links: [] }
}

/** A room of three members who know each other and are apart. */
async function threeApart(): Promise<[ControlLog, ControlLog, ControlLog]> {
  rooms++
  const host = await control(0, null)
  known(controlPair(0))
  const statement = joinStatement(keys[0]!, null, {
    room: host.key,
    writer: host.writer,
    log: logOf(keys[0]!),
  })
  await host.append({ type: 'create', name: 'Porch', statement, ephemeral: host.key })
  await host.append(inviteOf(open.publicKey, null))
  await host.append(inviteOf(once.publicKey, 1))
  const guests = [await control(1, host.key), await control(2, host.key)] as const
  const parts = guests.map((guest) => connect(host, guest))
  for (const n of [1, 2]) await host.append(admit(host, n, open))
  await until('both to be let in', () => guests.every((guest) => guest.writable))
  for (const part of parts) part()
  return [host, ...guests]
}

/** Maps and sets as lists, so that all of a state can be compared as text. */
const plain = (_: string, value: unknown): unknown =>
  value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : value

const same = (all: readonly ControlLog[]): boolean =>
  new Set(all.map((log) => JSON.stringify(log.state, plain))).size === 1

describe('control logs that were apart', () => {
  test.each([
    ['the host first', [0, 1, 2]],
    ['the guests first', [1, 2, 0]],
  ] as const)('two let in by one use, %s: all agree on one of them', async (_, order) => {
    const all = await threeApart()
    const room = all[0]
    await all[1].append(admit(room, 3, once))
    await all[2].append(admit(room, 4, once))
    expect([has(all[1], 3), has(all[2], 4)]).toEqual([true, true])
    const [first, second, third] = order.map((n) => all[n]!)
    connect(first!, second!)
    await until('two to agree', () => same([first!, second!]))
    connect(second!, third!)
    const settled = (): boolean => same(all) && all.every((log) => has(log, 3) !== has(log, 4))
    await until('all to agree', settled)
    expect(all.map((log) => log.state.writers.size)).toEqual([4, 4, 4])
  })

  test('the same one let in by two members is one member', async () => {
    const all = await threeApart()
    for (const log of all) await log.append(admit(all[0], 3, once))
    connect(all[0], all[1])
    connect(all[1], all[2])
    await until('all to agree', () => same(all) && all.every((log) => log.heads().length === 4))
    expect(all[0].state.persons.size).toBe(4)
    const [invite] = [...all[0].state.invites.values()].filter(({ uses }) => uses === 1)
    expect(invite!.used).toHaveLength(1)
  })

  test('A21: two removals at once: all agree on both, whoever meets first', async () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
    ] as const) {
      const all = await threeApart()
      const [host, second] = all
      // The second becomes an admin, and two more members come, known to all.
      const parts = [connect(all[0], all[1]), connect(all[1], all[2])]
      for (const n of [3, 4]) await host.append(admit(host, n, open))
      await host.append(roleOf(1, 0))
      await until('all to know', () => same(all) && has(all[2], 4))
      for (const part of parts) part()
      await host.append(removal(host, 3))
      await host.append(rotation(host, 'one', 0, [0, 1, 2, 4]))
      await second.append(removal(second, 4))
      await second.append(rotation(second, 'two', 0, [0, 1, 2, 3]))
      connect(all[order[0]], all[order[1]])
      connect(all[order[1]], all[order[2]])
      const out = (log: ControlLog): boolean => [3, 4].every((n) => standing(log, n) === 'removed')
      await until('all to agree', () => same(all) && all.every(out))
      // Each left the other's in: one more rotation, of an ordinary member, leaves out both.
      const { epoch, epochs } = all[2].state
      expect(epochs.size).toBe(3)
      await all[2].append(rotation(all[2], 'three', epoch, [0, 1, 2]))
      await until('all to take the last', () => same(all) && host.state.epochs.size === 4)
      const last = host.state.epochs.get(host.state.epoch)!
      expect(last.depth).toBe(2)
      expect([...last.holders].sort()).toEqual([0, 1, 2].map(deviceId).sort())
      await closeAll()
    }
  })

  test('A22: what a removed one wrote meanwhile is refused alike', async () => {
    const all = await threeApart()
    const [host, second, third] = all
    await second.append(inviteOf(pairOf('late').publicKey, null))
    await second.append(admit(host, 3, pairOf('late')))
    expect(has(second, 3)).toBe(true)
    await host.append(removal(host, 1))
    await third.append(admit(host, 4, open))
    connect(second, third)
    connect(third, host)
    const settled = (): boolean => same(all) && all.every((log) => log.heads().length >= 4)
    await until('all to agree', settled)
    await until('all to hear of the removal', () => standing(second, 1) === 'removed')
    expect(all.map((log) => [has(log, 3), standing(log, 4)])).toEqual(Array(3).fill([false, 'in']))
    const { state } = host
    await second.append({ type: 'title', name: 'Mine' })
    await until('the others to have it', () =>
      all.every((log) =>
        log.heads().some(({ key, length }) => key.equals(second.writer) && length === 3),
      ),
    )
    expect([host.state.name, state.name]).toEqual(['Porch', 'Porch'])
    expect(same(all)).toBe(true)
  })

  test('`state` tells only of changes', async () => {
    const [host] = await threeApart()
    let told = 0
    host.on('state', () => told++)
    await host.refresh()
    await host.refresh()
    expect(told).toBe(0)
    await host.append({ type: 'title', name: 'Hall' })
    await host.refresh()
    expect(told).toBe(1)
    expect(host.state.name).toBe('Hall')
  })

  test('who is not let in can not append', async () => {
    const [host] = await threeApart()
    const stranger = await control(4, host.key)
    await expect(stranger.append({ type: 'leave' })).rejects.toMatchObject({ code: 'WAITING' })
    await stranger.close()
    await expect(stranger.append({ type: 'leave' })).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
