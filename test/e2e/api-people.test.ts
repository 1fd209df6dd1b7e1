import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ApiServer } from './api-server.ts'
import { FAKE_PAIRING } from './fake-devices.ts'
import { FAKE_CODE } from './fake-people.ts'
import { until } from './until.ts'

let server: ApiServer

beforeEach(async () => {
  server = await ApiServer.start()
  await server.call('POST', '/api/v1/rooms', { name: 'harbour' })
  await server.call('POST', '/api/v1/rooms', { name: 'quay' })
  server.engine.meet(BOB, 'Bob')
})
afterEach(() => server.close())

const BOB = 'b0'.repeat(32)
const MALLORY = 'c0'.repeat(32)

describe('verification', () => {
  const path = '/api/v1/people/Bob/verification'

  test('a code, a scan or a human makes it; it can be taken back', async () => {
    const view = { code: FAKE_CODE, qr: 'porchlight-verify:b0b0b0b0', verified: false }
    expect((await server.call('GET', path)).json()).toEqual(view)
    for (const proof of [{ code: FAKE_CODE }, { qr: view.qr }, { confirmed: true }]) {
      expect((await server.call('PUT', path, proof)).json()).toEqual({ ...view, verified: true })
      expect((await server.call('DELETE', path)).json()).toEqual(view)
    }
  })

  test('A3, A9: a code that does not fit is refused, and a warning stays until acknowledged', async () => {
    const answer = await server.call('PUT', path, { code: '1' })
    expect([answer.status, answer.json().error.code]).toEqual([409, 'MISMATCH'])
    const warnings = (await server.call('GET', '/api/v1/warnings')).json()
    expect(warnings).toEqual([
      expect.objectContaining({ kind: 'code-mismatch', person: BOB, words: expect.any(String) }),
    ])
    expect((await server.call('GET', '/api/v1/warnings')).json()).toEqual(warnings)
    const id = server.engine.people.warnings()[0]!.id
    const done = await server.call('DELETE', `/api/v1/warnings/${id.slice(0, 3)}`)
    expect(done.json()).toMatchObject({ id })
    expect((await server.call('GET', '/api/v1/warnings')).json()).toEqual([])
    expect((await server.call('DELETE', `/api/v1/warnings/${id}`)).status).toBe(404)
  })

  test('one of two whose names look the same is named by id alone', async () => {
    server.engine.meet(BOB, 'Bob', { confusable: true })
    server.engine.meet(MALLORY, 'Вob', { confusable: true })
    const byName = await server.call('PUT', path, { confirmed: true })
    expect([byName.status, byName.json().error.code]).toEqual([409, 'AMBIGUOUS'])
    const byId = await server.call('PUT', `/api/v1/people/${BOB}/verification`, { confirmed: true })
    expect(byId.status).toBe(200)
    expect([...server.engine.people.verified]).toEqual([BOB])
  })

  test('blocking is local, and lifted again, of one who is gone too', async () => {
    expect((await server.call('PUT', '/api/v1/people/Bob/block')).json()).toEqual({
      id: BOB,
      name: 'Bob',
    })
    expect([...server.engine.people.blocked]).toEqual([BOB])
    server.engine.others.clear()
    expect((await server.call('DELETE', '/api/v1/people/Bob/block')).status).toBe(404)
    expect((await server.call('DELETE', `/api/v1/people/${BOB}/block`)).json()).toEqual({
      id: BOB,
      name: '',
    })
    expect([...server.engine.people.blocked]).toEqual([])
  })
})

describe('own devices', () => {
  test('are listed, and cut off by name or id', async () => {
    server.engine.devices.add('ab'.repeat(32), 'phone')
    expect((await server.call('GET', '/api/v1/devices')).json()).toMatchObject([
      { name: 'laptop', here: true, since: expect.any(Number) },
      { name: 'phone', here: false },
    ])
    const gone = await server.call('DELETE', '/api/v1/devices/phone')
    expect(gone.json()).toMatchObject({ id: 'ab'.repeat(32) })
    expect((await server.call('GET', '/api/v1/devices')).json()).toHaveLength(1)
    expect((await server.call('DELETE', '/api/v1/devices/phone')).status).toBe(404)
  })

  test('an offer is made, asked about, and answered', async () => {
    const offer = await server.call('POST', '/api/v1/devices/pairing', { confirm: true })
    expect([offer.status, offer.json()]).toEqual([
      201,
      { code: FAKE_PAIRING, expiresAt: expect.any(Number) },
    ])
    expect(server.engine.devices.offers).toEqual([{ confirm: true }])
    const asking = {
      state: 'asking',
      device: { id: 'ab', name: 'phone' },
      digits: '482913',
    } as const
    server.engine.devices.move(asking)
    expect((await server.call('GET', '/api/v1/devices/pairing')).json()).toEqual(asking)
    const answered = await server.call('POST', '/api/v1/devices/pairing/answer', { accept: false })
    expect(answered.json()).toEqual({ state: 'failed', words: 'You refused the device.' })
    expect(server.engine.devices.answers).toEqual([false])
  })

  test('a new device waits until it is let in', async () => {
    const answer = server.call('POST', '/api/v1/devices/pair', {
      code: FAKE_PAIRING,
      name: 'phone',
    })
    await until(() => server.engine.devices.paired.length === 1)
    expect(server.engine.devices.paired).toEqual([{ code: FAKE_PAIRING, name: 'phone' }])
    server.engine.devices.finishPairing()
    expect((await answer).json()).toMatchObject([{ here: true }])
    const bad = await server.call('POST', '/api/v1/devices/pair', { code: 'nonsense' })
    expect([bad.status, bad.json().error.code]).toEqual([400, 'BAD_INVITE'])
  })
})

describe('profile', () => {
  test('a picture is set and removed', async () => {
    const bytes = Buffer.alloc(24_576, 7)
    const image = bytes.toString('base64')
    expect((await server.call('PUT', '/api/v1/identity/avatar', { image })).json()).toEqual({})
    expect(server.engine.avatar).toEqual(bytes)
    await server.call('DELETE', '/api/v1/identity/avatar')
    expect(server.engine.avatar).toBeNull()
  })

  test('whether others hear what was read is switched', async () => {
    const path = '/api/v1/identity/receipts'
    expect((await server.call('GET', path)).json()).toEqual({ on: true })
    expect((await server.call('PUT', path, { on: false })).json()).toEqual({ on: false })
    expect(server.engine.identity.readReceipts).toBe(false)
  })
})
