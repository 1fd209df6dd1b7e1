import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { MessageView, Status } from '../../node-app/api/schemas.ts'
import { Place } from './cli-process.ts'
import { until } from './until.ts'

let ada: Place
let grace: Place

beforeAll(async () => {
  ada = await Place.make()
  grace = await Place.make()
  await ada.start(['--name', 'Ada'])
  await grace.start(['--name', 'Grace'])
})
afterAll(async () => {
  await ada.close()
  await grace.close()
})

const messages = (place: Place): Promise<MessageView[]> =>
  place.jsonLines<MessageView>('messages', 'harbour')

const graceIsThere = async (): Promise<boolean> =>
  (await ada.json<Status>('status')).peers.some(({ name }) => name === 'Grace')

describe('two nodes on loopback', () => {
  test('meet, share a room, talk, and know what was delivered', async () => {
    const room = await ada.json<{ id: string }>('room', 'create', 'harbour')
    const { invite } = await ada.json<{ invite: string }>('invite', room.id.slice(0, 8))
    expect(invite).toMatch(/^porchlight:/)
    const joined = await grace.join(invite)
    expect(joined).toMatchObject({ id: room.id, name: 'harbour', state: 'joined' })

    const follower = grace.call(['messages', 'harbour', '--follow', '--json'])
    const { id } = await ada.json<{ id: string }>('send', 'harbour', 'hello', 'grace')
    await until(() => follower.lines.length > 0)
    expect(JSON.parse(follower.lines[0]!)).toMatchObject({
      id,
      text: 'hello grace',
      authorName: 'Ada',
      kind: 'text',
    })
    const reply = await grace.json<{ id: string }>('send', 'harbour', 'hello ada', '--reply-to', id)
    await until(async () => (await messages(ada)).length === 2)
    await until(() => follower.lines.length === 2)
    expect((await messages(ada)).map((message) => message.id)).toEqual([id, reply.id])
    expect((await messages(ada))[1]).toMatchObject({ text: 'hello ada', replyTo: id })
    await until(async () => (await messages(ada))[0]!.delivery.state === 'delivered')
    follower.child.kill('SIGINT')
    expect(await follower.ended).toBe(0)

    const status = await ada.json<Status>('status')
    expect(status).toMatchObject({
      name: 'Ada',
      rooms: 1,
      transports: { lan: { state: 'on' } },
    })
    // Nodes of other tests may be linked too: over loopback all find each other.
    expect(status.peers).toContainEqual(
      expect.objectContaining({
        name: 'Grace',
        transport: 'lan',
        rooms: [room.id],
        since: expect.any(Number),
      }),
    )
    const members = await ada.ok('room', 'members', 'harbour')
    expect(members).toMatch(/Grace +member +1 +here/)
  })

  test('a reader that goes away early is no failure', async () => {
    const call = ada.call(['messages', 'harbour', '--follow'])
    await until(() => call.lines.length > 0)
    call.child.stdout!.destroy()
    await ada.json('send', 'harbour', 'is anybody there')
    expect(await call.ended).toBe(0)
    expect(call.err).toBe('')
  })

  test('off is off', async () => {
    await grace.json('transport', 'off', 'lan')
    await until(async () => !(await graceIsThere()))
    await grace.json('transport', 'on', 'lan')
    await until(graceIsThere)
  })
})
