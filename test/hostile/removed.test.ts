import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { join } from 'node:path'
import Corestore from 'corestore'
import { logKey } from '../../core/control/statement.ts'
import { seededRandom } from '../../core/random.ts'
import { contentKeyPair } from '../../core/room/own-keys.ts'
import { REFUSALS } from '../../core/session/messages.ts'
import { until } from '../compliance/until.ts'
import { dialAs, dialRoom, proofOf, stolenFrom } from './stolen-membership.ts'
import type { Membership } from './stolen-membership.ts'
import { Street } from './street.ts'

const random = seededRandom(Number(process.env.HOSTILE_SEED ?? 17))

let street: Street
let door: number
let outcast: Membership

beforeAll(async () => {
  street = await Street.open()
  door = await street.door('203.0.113.7')
  const node = await street.join('outcast')
  await node.ask('send', street.room, 'while I was in')
  await until('it to be known', async () =>
    (await street.victim.texts(street.room)).includes('while I was in'),
  )
  await node.close()
  outcast = await stolenFrom(join(street.dir, 'outcast'), random)
})

afterEach(() => street.expectPeace())

afterAll(() => street.close())

test('A20: the open session of a device that is removed ends, and it gets nothing in the next', async () => {
  const { victim, room } = street
  const { peer } = await dialAs(door, outcast)
  await victim.ask('moderate', room, outcast.keys.person.toString('hex'), { act: 'remove' })
  await peer.dropped()
  expect(peer.closed).toBe(true)

  const again = await dialRoom(door, outcast.record)
  const device = outcast.keys.device.publicKey
  const prove = (statement: Buffer): void => {
    const signature = proofOf(again.peer, outcast.record, outcast.keys)
    again.peer.send.prove.send({ tag: again.tag, device, signature, statement })
  }
  prove(Buffer.from(outcast.record.invite!.statement, 'base64'))
  await again.peer.hears('refuse')
  const reasons = again.peer.said('refuse').map(({ reason }) => REFUSALS[reason])
  expect(reasons).toEqual(['removed'])
  // It asks for a log that it knows all the same, and offers what it wrote since.
  const keyPair = contentKeyPair(outcast.keys, outcast.record, 0)
  const store = new Corestore(join(street.dir, 'outcast-late'))
  const core = store.get({ keyPair, active: true })
  await core.ready()
  await core.append(Array.from({ length: 5 }, () => random.bytes(200)))
  core.replicate(again.peer.mux)
  const { tag } = again
  const key = logKey(keyPair.publicKey)
  again.peer.send.have.send({ tag, logs: [{ key, length: 5 }], read: [] })
  again.peer.send.bulkRequest.send({ tag, id: 1, log: key, from: 0 })
  await street.expectPeace()
  expect(again.peer.said('have')).toEqual([])
  expect(again.peer.said('bulkBlocks')).toEqual([])
  expect(core.core.replicator.peers).toEqual([])
  expect((await victim.ask('rooms'))[0]).toMatchObject({ missing: 0, members: 2 })
  again.peer.leave()
  await store.close()
})
