import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type {
  InviteView,
  MemberView,
  MessageView,
  RoomView,
  VerificationView,
  WarningView,
} from '../../node-app/api/schemas.ts'
import { Place } from './cli-process.ts'
import { until } from './until.ts'

let ada: Place
let grace: Place

beforeAll(async () => {
  ada = await Place.make()
  grace = await Place.make()
  await ada.start(['--name', 'Ada'])
  await grace.start(['--name', 'Grace'])
  await ada.json('room', 'create', 'harbour')
})
afterAll(async () => {
  await ada.close()
  await grace.close()
})

const messages = (place: Place): Promise<MessageView[]> =>
  place.jsonLines<MessageView>('messages', 'harbour')

const message = async (place: Place, id: string): Promise<MessageView | undefined> =>
  (await messages(place)).find((one) => one.id === id)

const roleOf = async (place: Place, name: string): Promise<string | undefined> =>
  (await place.json<MemberView[]>('member', 'list', 'harbour')).find((one) => one.name === name)
    ?.role

/** Fails with this code, as a refusal. */
async function expectRefused(place: Place, code: string, ...argv: string[]): Promise<void> {
  const call = place.call(argv)
  expect([await call.ended, call.err]).toEqual([1, expect.stringMatching(`^error: ${code} `)])
}

describe('a room that people can trust, by two nodes on loopback', () => {
  test('an invite for a reader is good once, is listed, and can be ended', async () => {
    const { invite } = await ada.json<{ invite: string }>(
      'invite',
      'harbour',
      '--role',
      'reader',
      '--uses',
      '1',
      '--expires',
      '24h',
    )
    const joined = await grace.join(invite)
    expect(joined).toMatchObject({ state: 'joined', role: 'reader' })
    await until(async () => (await roleOf(ada, 'Grace')) === 'reader')
    await until(async () => {
      const [one] = await ada.json<InviteView[]>('invite', 'harbour', '--list')
      return one?.state === 'used-up' && one.used === 1
    })
    await ada.json('invite', 'harbour')
    const open = (await ada.json<InviteView[]>('invite', 'harbour', '--list')).find(
      ({ state }) => state === 'open',
    )!
    expect(await ada.json('invite', 'harbour', '--revoke', open.id.slice(0, 12))).toMatchObject({
      state: 'revoked',
    })
  })

  test('a reader may not write; a member may; a moderator acts, an admin over them', async () => {
    await expectRefused(grace, 'NOT_ALLOWED', 'send', 'harbour', 'hello')
    await expectRefused(grace, 'NOT_ALLOWED', 'room', 'set', 'harbour', '--disappear', '1d')
    await ada.json('member', 'role', 'harbour', 'Grace', 'moderator')
    await until(async () => (await roleOf(grace, 'Grace')) === 'moderator')
    await grace.json('send', 'harbour', 'hello')
    await expectRefused(grace, 'NOT_ALLOWED', 'member', 'remove', 'harbour', 'Ada')
  })

  test('messages are edited, reacted to, pinned, found and deleted', async () => {
    const { id } = await ada.json<{ id: string }>('send', 'harbour', 'The', 'fery', 'is', 'late')
    await until(async () => (await message(grace, id)) !== undefined)
    await ada.json('edit', 'harbour', id, 'The', 'ferry', 'is', 'late')
    await until(async () => (await message(grace, id))?.text === 'The ferry is late')
    expect((await message(grace, id))?.editedAt).toEqual(expect.any(Number))
    await expectRefused(grace, 'NOT_ALLOWED', 'edit', 'harbour', id, 'on time')
    await grace.json('react', 'harbour', id, '👍🏽')
    await until(async () => (await message(ada, id))?.reactions?.length === 1)
    expect((await message(ada, id))?.reactions).toEqual([{ emoji: '👍🏽', count: 1, own: false }])
    await grace.json('pin', 'harbour', id)
    await until(async () => (await ada.json<MessageView[]>('pins', 'harbour')).length === 1)
    await until(async () => {
      const { hits } = await grace.json<{ hits: { message: MessageView }[] }>('search', 'ferr')
      return hits[0]?.message.id === id
    })
    await ada.json('delete', 'harbour', id)
    await until(async () => (await message(grace, id))?.kind === 'deleted')
    expect((await message(grace, id))?.text).toBe('')
  })

  test('messages are hidden, shown again, and disappear', async () => {
    const rude = await grace.json<{ id: string }>('send', 'harbour', 'rude')
    await until(async () => (await message(ada, rude.id)) !== undefined)
    await ada.json('hide', 'harbour', rude.id)
    await until(async () => (await message(grace, rude.id))?.kind === 'hidden')
    await ada.json('unhide', 'harbour', rude.id)
    await until(async () => (await message(grace, rude.id))?.text === 'rude')
    const short = await ada.json<{ id: string }>('send', 'harbour', 'gone', '--expires', '2s')
    await until(async () => (await message(grace, short.id))?.kind === 'expired')
    await until(async () => (await message(ada, short.id))?.kind === 'expired')
  })

  test('what was read is told, and counted', async () => {
    const { id } = await ada.json<{ id: string }>('send', 'harbour', 'did', 'you', 'see')
    await until(async () => (await message(grace, id)) !== undefined)
    await grace.ok('messages', 'harbour', '--json', '--read')
    await until(async () => (await message(ada, id))?.delivery.state === 'read')
    expect((await message(ada, id))?.delivery).toEqual({ state: 'read', devices: 1 })
    const [room] = await grace.json<RoomView[]>('room', 'list')
    expect(room).toMatchObject({ unread: 0, mentions: 0 })
  })

  test('A3, A9: both see one code; it verifies, and another is refused with a warning that stays', async () => {
    const shown = await ada.json<VerificationView>('verify', 'harbour', 'Grace')
    const other = await grace.json<VerificationView>('verify', 'harbour', 'Ada')
    expect(shown.code).toMatch(/^\d{5}( \d{5}){5}$/)
    expect([other.code, other.verified]).toEqual([shown.code, false])
    const wrong = shown.code.replace(/^\d/, (digit) => String((Number(digit) + 1) % 10))
    await expectRefused(ada, 'MISMATCH', 'verify', 'harbour', 'Grace', '--code', wrong)
    const [warning] = await ada.json<WarningView[]>('warnings')
    expect(warning).toMatchObject({ kind: 'code-mismatch' })
    await ada.json('verify', 'harbour', 'Grace', '--qr', other.qr)
    await grace.json('verify', 'harbour', 'Ada', '--code', shown.code)
    expect(await ada.ok('member', 'list', 'harbour')).toMatch(/Grace .*verified/)
    await ada.json('warnings', 'acknowledge', warning!.id)
    expect(await ada.json('warnings')).toEqual([])
    expect(await ada.json('verify', 'harbour', 'Grace', '--undo')).toMatchObject({
      verified: false,
    })
  })

  test('blocking is at once, and here alone', async () => {
    const { id } = await grace.json<{ id: string }>('send', 'harbour', 'look at me')
    await until(async () => (await message(ada, id)) !== undefined)
    await ada.json('block', 'harbour', 'Grace')
    await until(async () => (await message(ada, id)) === undefined)
    expect(await message(grace, id)).toBeDefined()
    await ada.json('unblock', 'harbour', 'Grace')
    await until(async () => (await message(ada, id)) !== undefined)
  })

  test('rules are set by an admin and reach everybody', async () => {
    await ada.json('room', 'set', 'harbour', '--disappear', '1d')
    await until(async () => {
      const { settings } = await grace.json<{ settings: { disappearAfter: number } }>(
        'room',
        'show',
        'harbour',
      )
      return settings.disappearAfter === 86_400_000
    })
  })

  test('who is removed knows it, and writes no more', async () => {
    await ada.json('member', 'remove', 'harbour', 'Grace')
    await until(async () => (await roleOf(ada, 'Grace')) === undefined)
    await until(async () => {
      const [room] = await grace.json<RoomView[]>('room', 'list')
      return room?.state === 'removed'
    })
    await expectRefused(grace, 'NOT_ALLOWED', 'send', 'harbour', 'still', 'here')
  })
})
