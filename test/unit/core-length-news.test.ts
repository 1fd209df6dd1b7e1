import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { duplexPair } from 'node:stream'
import NoiseSecretStream from '@hyperswarm/secret-stream'
import type { ReplicatorPeer } from 'hypercore'
import Protomux from 'protomux'
import { ControlCores } from '../../core/control/control-cores.ts'
import type { ContentLog } from '../../core/room/content-log.ts'
import { until } from '../compliance/until.ts'
import { Logs } from './core-logs.ts'

const LIMIT_MS = 60_000

let logs: Logs
const streams: NoiseSecretStream[] = []

beforeEach(async () => {
  logs = await Logs.open()
})

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.destroy()
  await logs.close()
})

function muxes(): [Protomux, Protomux] {
  const ends = duplexPair().map((end, n) => new NoiseSecretStream(n === 0, end))
  for (const end of ends) end.on('error', () => {})
  streams.push(...ends)
  return [new Protomux(ends[0]!), new Protomux(ends[1]!)]
}

/** Replicates a log between two devices; returns what parts them. */
function connect(one: ContentLog, other: ContentLog): () => void {
  const ends = muxes()
  one.core.replicate(ends[0])
  other.core.replicate(ends[1])
  return () => ends[0].destroy()
}

/** What a log knows of the peer at which it is as long as `length`. */
function knows(log: ContentLog, length: number): Promise<ReplicatorPeer> {
  return until(`a peer with ${length} records`, () =>
    log.core.core.replicator.peers.find(({ remoteLength }) => remoteLength === length),
  )
}

async function hasLength(log: ContentLog, length: number): Promise<void> {
  await until(`the length ${length}`, () => log.core.length === length, LIMIT_MS)
}

async function hasAll(log: ContentLog, length: number): Promise<void> {
  await until(`all ${length} records`, () => log.core.contiguousLength === length, LIMIT_MS)
  expect(log.core.length).toBe(length)
}

/** An author of six records, a device that has the first five, and one that knows of all and has none. */
async function six(): Promise<{ author: ContentLog; five: ContentLog; none: ContentLog }> {
  const [author, five, none] = [
    await logs.author('author'),
    await logs.copy('author'),
    await logs.copy('author'),
  ]
  await logs.write(author, {}, {}, {}, {}, {})
  const blocks = [0, 1, 2, 3, 4].map((seq) => author.core.get(seq) as Promise<Buffer>)
  await five.store(await Promise.all(blocks), Buffer.from(author.core.core.state.signature!))
  await logs.write(author, {})
  return { author, five, none }
}

describe('two devices that were left alone with a log', () => {
  test('one brings the other further with what it has got since they met', async () => {
    const { author, five, none } = await six()
    const part = connect(author, none)
    await hasLength(none, 6)
    connect(none, five)
    five.fetch()
    await knows(five, 6)
    const peer = await knows(none, 5)
    // It knows the signed root, and not yet how that follows from five records.
    await until('that to be found out', () => !peer.canUpgrade)
    none.fetch()
    await hasAll(none, 6)
    part()
    await hasAll(five, 6)
    expect(await five.core.get(5)).toEqual(await author.core.get(5))
  })

  test('one tells the other that its log grew while it could not prove it', async () => {
    const { author, five, none } = await six()
    const partOne = connect(author, none)
    await hasLength(none, 6)
    connect(none, five)
    await knows(five, 6)
    await knows(none, 5)
    await logs.write(author, {})
    await hasLength(none, 7)
    const partOther = connect(author, five)
    await hasLength(five, 7)
    none.fetch()
    await hasAll(none, 7)
    partOne()
    partOther()
    five.fetch()
    await hasAll(five, 7)
    expect(await five.core.get(6)).toEqual(await author.core.get(6))
  })
})

test('control logs tell their lengths alike', async () => {
  const stores = [logs.store(), logs.store()] as const
  const own = stores[0].get({ name: 'own' })
  await own.ready()
  await own.append([Buffer.from('one'), Buffer.from('two')])
  const hex = own.key.toString('hex')
  const cores = stores.map((store) => new ControlCores({ store, onappend: () => {} }))
  for (const [n, mux] of muxes().entries()) {
    await cores[n]!.open(hex)
    cores[n]!.attach(mux)
  }
  const { replicator } = cores[0]!.get(hex)!.core
  const peers = replicator.peers as (ReplicatorPeer & { syncsProcessing: number })[]
  const peer = await until('the other to have all, and to have said so', () =>
    peers.find((it) => it.remoteContiguousLength === 2 && it.syncsProcessing === 0),
  )
  // As when it is of one record, from which two can not be proved.
  Object.assign(peer, { remoteLength: 1, canUpgrade: false })
  const told = peer.stats.wireSync.tx
  peer.signalUpgrade()
  expect(peer.stats.wireSync.tx).toBe(told + 1)
  for (const one of cores) await one.close()
  await own.close()
})
