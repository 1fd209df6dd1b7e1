/** A26: what a log at debug level must not hold. */
import { expect, test } from '@jest/globals'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { systemRandom } from '../../core/random.ts'
import { createLogger } from '../../node-app/log.ts'
import type { Logger } from '../../core/logger.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import { until } from '../e2e/until.ts'
import { AtRestNode, PASSPHRASE } from './at-rest-node.ts'
import { found } from './canaries.ts'
import { inScratch } from './scratch.ts'
import { secretsIn } from './secrets-in.ts'

test('A26: a debug log of a whole run holds no key, no message and no name', () =>
  inScratch(async (scratch) => {
    const lines: string[] = []
    const logger: Logger = createLogger(
      'debug',
      (line) => lines.push(line),
      () => 0,
    )
    const network = new MemoryNetwork({ clock: systemClock, random: systemRandom })
    const dirs = { ada: join(scratch, 'ada'), bob: join(scratch, 'bob') }
    const transport = network.transport('ada')
    const ada = await AtRestNode.start(dirs.ada, { name: 'Ada Canary', transport, logger })
    const bob = await AtRestNode.start(dirs.bob, {
      name: 'Bob Canary',
      transport: network.transport('bob'),
      logger,
    })
    const { id } = await ada.createRoom('Canary harbour')
    const { invite } = await ada.api.post<{ invite: string }>(`/rooms/${id}/invites`)
    await bob.api.post('/join', { invite })
    const sent = await bob.send(id, 'the canary sings at dawn')
    await until(async () => (await ada.texts(id)).length === 1)
    const message = `/rooms/${id}/messages/${encodeURIComponent(sent.id)}`
    await bob.api.patch(message, { text: 'the canary was edited' })
    await bob.api.delete(message)
    await ada.api.put(`/rooms/${id}/draft`, { text: 'a canary draft' })
    await ada.api.post('/lock', { passphrase: PASSPHRASE })
    await expect(ada.api.post('/unlock', { passphrase: 'a canary guess' })).rejects.toThrow(
      /passphrase/i,
    )
    await ada.api.post('/unlock', { passphrase: PASSPHRASE })
    await ada.send(id, 'the canary is awake')
    await until(async () => (await bob.texts(id)).includes('the canary is awake'))
    const { phrase } = await ada.api.get<{ phrase: string }>('/identity/phrase')
    await ada.api.post('/identity/backup', { passphrase: 'a canary backup' })
    // A second device of Ada's.
    const dirOfTwo = join(scratch, 'ada two')
    const two = await AtRestNode.start(dirOfTwo, {
      transport: network.transport('ada two'),
      logger,
    })
    const { code } = await ada.api.post<{ code: string }>('/devices/pairing')
    await two.api.post('/devices/pair', { code, name: 'Canary laptop' })
    await until(async () => (await two.api.get<object[]>('/rooms')).length === 1)
    await two.close()
    // What is refused is where an error could quote it.
    await ada.api.post('/join', { invite: 'porchlight:canary' }).catch(() => {})
    await ada.send(id, 'canary'.repeat(4000)).catch(() => {})
    await ada.close()
    await bob.close()

    const log = Buffer.from(lines.join(''))
    expect(lines.length).toBeGreaterThan(3)
    expect(log.includes('node.unlocked')).toBe(true)
    for (const dir of [...Object.values(dirs), dirOfTwo]) {
      const passphrase = dir === dirs.ada ? PASSPHRASE : undefined
      const secrets = await secretsIn(dir, passphrase)
      expect(Object.keys(secrets).length).toBeGreaterThan(5)
      expect(found(log, secrets)).toEqual([])
    }
    const words = ['canary', 'Canary', PASSPHRASE, phrase, invite, invite.slice(20, 60), code]
    expect(words.filter((word) => log.includes(word))).toEqual([])
  }))
