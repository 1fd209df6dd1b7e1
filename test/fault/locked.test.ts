/** A24: what is on a locked disk, and what a locked node does. */
import { expect, test } from '@jest/globals'
import { join } from 'node:path'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import { systemClock } from '../../core/clock.ts'
import { systemRandom } from '../../core/random.ts'
import { until } from '../e2e/until.ts'
import { AtRestNode, PASSPHRASE } from './at-rest-node.ts'
import { scanDirectory } from './canaries.ts'
import { inScratch } from './scratch.ts'
import { secretsIn } from './secrets-in.ts'

const WORDS = {
  text: Buffer.from('the canary sings at dawn'),
  title: Buffer.from('Canary harbour'),
  name: Buffer.from('Zacharias Canary'),
}

test('A24: on a locked disk there are no names, texts or keys', () =>
  inScratch(async (scratch) => {
    const dir = join(scratch, 'data')
    const first = await AtRestNode.start(dir, { name: 'Zacharias Canary' })
    const { id } = await first.createRoom('Canary harbour')
    const left = await first.createRoom('Canary harbour too')
    for (let n = 0; n < 50; n++) await first.send(id, `the canary sings at dawn ${n}`)
    await first.api.delete(`/rooms/${left.id}`)
    await first.close()
    const secrets = await secretsIn(dir)

    const node = await AtRestNode.start(dir)
    await node.send(id, 'the canary sings at dawn again')
    await node.api.post('/lock', { passphrase: PASSPHRASE })
    const canaries = { ...secrets, ...WORDS, room: Buffer.from(id, 'hex') }
    expect(Object.keys(canaries).length).toBeGreaterThan(10)
    expect(await scanDirectory(dir, canaries)).toEqual([])
    await node.close()
    expect(await scanDirectory(dir, canaries)).toEqual([])

    const again = await AtRestNode.start(dir, { passphrase: PASSPHRASE })
    expect(await again.texts(id)).toHaveLength(50)
    await again.close()
  }))

test('A24: a locked node answers 423, is silent, and unlocking brings all back', () =>
  inScratch(async (scratch) => {
    const network = new MemoryNetwork({ clock: systemClock, random: systemRandom })
    const [transport, other] = [network.transport('node'), network.transport('other')]
    const node = await AtRestNode.start(join(scratch, 'data'), { name: 'Zacharias', transport })
    const friend = await AtRestNode.start(join(scratch, 'friend'), { transport: other })
    const { id } = await node.createRoom('harbour')
    const { invite } = await node.api.post<{ invite: string }>(`/rooms/${id}/invites`)
    await friend.api.post('/join', { invite })
    await node.send(id, 'one')
    await node.api.post('/lock', { passphrase: PASSPHRASE })

    expect(await node.status()).toMatchObject({
      locked: true,
      sealed: true,
      name: '',
      person: '',
      device: '',
      rooms: 0,
      peers: [],
    })
    expect(transport.status.state).toBe('off')
    const refused = ['/rooms', `/rooms/${id}/messages`, '/identity', '/identity/phrase', '/doctor']
    for (const path of refused) {
      await expect(node.api.get(path)).rejects.toMatchObject({ code: 'LOCKED' })
    }
    await expect(node.send(id, 'x')).rejects.toMatchObject({ code: 'LOCKED' })
    await expect(
      node.api.put('/passphrase', { current: PASSPHRASE, next: null }),
    ).rejects.toMatchObject({ code: 'LOCKED' })
    await expect(node.api.post('/unlock', { passphrase: 'wrong' })).rejects.toMatchObject({
      code: 'WRONG_PASSPHRASE',
    })
    await friend.send(id, 'two')
    await expect(node.api.post('/lock', { passphrase: 'quite another one' })).rejects.toMatchObject(
      { code: 'BAD_REQUEST' },
    )
    await node.api.post('/lock')

    await node.api.post('/unlock', { passphrase: PASSPHRASE })
    expect(await node.status()).toMatchObject({ locked: false, name: 'Zacharias', rooms: 1 })
    await until(async () => (await node.texts(id)).length === 2)
    expect(await node.texts(id)).toEqual(['one', 'two'])
    await node.send(id, 'three')
    await until(async () => (await friend.texts(id)).includes('three'))
    await node.close()
    await friend.close()
  }))

test('A24: a start on sealed data is locked, and the passphrase is changed and removed', () =>
  inScratch(async (scratch) => {
    const dir = join(scratch, 'data')
    const node = await AtRestNode.start(dir, { name: 'Ada' })
    await expect(node.api.post('/lock')).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    await node.api.put('/passphrase', { current: null, next: PASSPHRASE })
    await node.close()

    const sealed = await AtRestNode.start(dir, { name: 'Ada Lovelace' })
    expect(sealed.daemon.locked).toBe(true)
    await sealed.api.post('/unlock', { passphrase: PASSPHRASE })
    expect(await sealed.status()).toMatchObject({ name: 'Ada Lovelace', sealed: true })
    await expect(
      sealed.api.put('/passphrase', { current: 'wrong one', next: null }),
    ).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' })
    await sealed.api.put('/passphrase', { current: PASSPHRASE, next: null })
    expect(await sealed.status()).toMatchObject({ sealed: false })
    await sealed.close()

    const open = await AtRestNode.start(dir)
    expect(await open.status()).toMatchObject({ locked: false, name: 'Ada Lovelace' })
    await open.close()
    await expect(
      AtRestNode.start(dir).then(async (last) => {
        await last.api.put('/passphrase', { next: PASSPHRASE })
        await last.close()
        return AtRestNode.start(dir, { passphrase: 'another one' })
      }),
    ).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' })
  }))

test('it locks itself once nobody has used it for a while', () =>
  inScratch(async (scratch) => {
    let skew = 0
    const clock = { ...systemClock, now: () => systemClock.now() + skew }
    const node = await AtRestNode.start(join(scratch, 'data'), { clock, autoLock: 10 })
    await node.api.put('/passphrase', { next: PASSPHRASE })
    skew = 11 * 60_000
    await until(() => node.daemon.locked)
    await node.api.post('/unlock', { passphrase: PASSPHRASE })
    expect(node.daemon.locked).toBe(false)
    await node.close()
  }))
