/** A person whose computer is gone is themselves again from one sealed file. */
import { expect, test } from '@jest/globals'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { openBackup } from '../../core/identity/backup.ts'
import { restorePerson } from '../../core/identity/restore.ts'
import { systemRandom } from '../../core/random.ts'
import type { MemberView, RoomView } from '../../node-app/api/schemas.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import { until } from '../e2e/until.ts'
import { AtRestNode, PASSPHRASE } from './at-rest-node.ts'
import { inScratch } from './scratch.ts'

test('a backup brings back the person, the name and the rooms, as a new device', () =>
  inScratch(async (scratch) => {
    const network = new MemoryNetwork({ clock: systemClock, random: systemRandom })
    const ada = await AtRestNode.start(join(scratch, 'ada'), {
      name: 'Ada',
      transport: network.transport('ada'),
    })
    const bob = await AtRestNode.start(join(scratch, 'bob'), {
      name: 'Bob',
      transport: network.transport('bob'),
    })
    const { id } = await ada.createRoom('harbour')
    const { invite } = await ada.api.post<{ invite: string }>(`/rooms/${id}/invites`)
    await bob.api.post('/join', { invite })
    await ada.send(id, 'one')
    await until(async () => (await bob.texts(id)).length === 1)
    await bob.send(id, 'two')
    await until(async () => (await bob.texts(id)).length === 2)
    const before = await ada.status()
    const { file } = await ada.api.post<{ file: string }>('/identity/backup', {
      passphrase: PASSPHRASE,
    })
    await ada.close()

    await expect(openBackup(file, 'another one')).rejects.toMatchObject({
      code: 'WRONG_PASSPHRASE',
    })
    const backup = await openBackup(file, PASSPHRASE)
    const dir = join(scratch, 'new computer')
    await restorePerson({
      dir,
      phrase: backup.phrase.toString(),
      name: backup.name,
      rooms: backup.rooms,
      random: systemRandom,
    })
    const again = await AtRestNode.start(dir, { transport: network.transport('again') })
    const after = await again.status()
    expect(after).toMatchObject({ person: before.person, name: 'Ada', named: true })
    expect(after.device).not.toBe(before.device)
    const room = async (): Promise<RoomView | undefined> =>
      (await again.api.get<RoomView[]>('/rooms')).find((view) => view.id === id)
    await until(async () => (await room())?.state === 'joined')
    expect(await room()).toMatchObject({ name: 'harbour', role: 'admin', members: 2 })
    await until(async () => (await again.texts(id)).length === 2)
    expect(await again.texts(id)).toEqual(['one', 'two'])

    await again.send(id, 'three')
    await until(async () => (await bob.texts(id)).includes('three'))
    const members = await bob.api.get<MemberView[]>(`/rooms/${id}/members`)
    const [self, ...others] = members.filter((member) => member.id === before.person)
    expect(others).toEqual([])
    expect(self!.devices.map((device) => device.id)).toContain(after.device)
    await again.close()
    await bob.close()
  }))
