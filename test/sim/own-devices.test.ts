import NoiseSecretStream from '@hyperswarm/secret-stream'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import { openBackup } from '../../core/identity/backup.ts'
import { newMaterial } from '../../core/identity/key-material.ts'
import { Swarm } from '../../core/files/swarm/swarm.ts'
import { silentLogger } from '../../core/logger.ts'
import { MirrorExchange } from '../../core/mirror/exchange/mirror-exchange.ts'
import { systemRandom } from '../../core/random.ts'
import { parseInvite } from '../../core/room/invite.ts'
import { formatPairingCode, parsePairingCode } from '../../core/self/pairing-code.ts'
import { recoveryMatchKey, encodeRecovery, sealRooms } from '../../core/self/recovery-messages.ts'
import type { Meeting } from '../../core/session/meeting.ts'
import { SessionManager } from '../../core/session/session-manager.ts'
import { recognition } from '../unit/core-recognition.ts'
import { until } from '../compliance/until.ts'
import { alike, Household, joined, pair } from './own-household.ts'

const WEEK = 7 * 86_400_000

let house: Household

beforeEach(async () => {
  house = await Household.open()
})

// Throws when any log was ever forked.
afterEach(() => house.close())

describe('several devices of one person', () => {
  test('a paired device has the rooms, their history, contacts, drafts and read markers', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const bob = await house.start('bob', 'Bob')
    const phone = await house.start('phone')
    const { id } = await laptop.createRoom('Porch')
    await bob.join(await laptop.invite(id), { patience: 120_000 })
    await bob.send(id, 'hello')
    await laptop.send(id, 'hello yourself')
    await alike([laptop, bob], id, ['hello', 'hello yourself'])
    await laptop.markRead(id)
    await laptop.setDraft(id, 'half a th')

    await pair(laptop, phone)
    expect(phone.personId).toBe(laptop.personId)
    expect(phone.name).toBe('Ann')
    await alike([laptop, bob, phone], id)
    await until('the draft and the marker', () => {
      return phone.draft(id) === 'half a th' && phone.rooms()[0]?.unread === 0
    })
    expect(phone.rooms()).toHaveLength(1)
    expect(phone.devices.list()).toHaveLength(2)
    expect(phone.devices.list().map(({ name }) => name)).toContain('phone')
    // It is no other person to others, and the personal room is nobody's business.
    expect(bob.members(id)).toHaveLength(2)
    expect(bob.rooms()).toHaveLength(1)
    await phone.send(id, 'from the phone')
    await alike([laptop, bob, phone], id, ['hello', 'hello yourself', 'from the phone'])
    const { messages } = await bob.messages(id)
    expect(messages.at(-1)).toMatchObject({ author: laptop.personId, own: false })
  })

  test('rooms that one device makes, joins or leaves are made, joined and left by all', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const bob = await house.start('bob', 'Bob')
    const phone = await house.start('phone')
    await pair(laptop, phone)
    const { id: own } = await phone.createRoom('Garden')
    await until('the laptop to be in it', () => joined(laptop, own))
    const { id: his } = await bob.createRoom('Workshop')
    await laptop.join(await bob.invite(his), { patience: 120_000 })
    await until('the phone to be in it', () => joined(phone, his))
    await phone.leave(his)
    await until('the laptop to leave it', () => laptop.rooms().length === 1)
    await until('Bob to be alone', () => bob.members(his).length === 1)
    expect(laptop.rooms().map(({ id }) => id)).toEqual([own])
    await laptop.setName('Anna')
    await until('the phone to take the name over', () => phone.name === 'Anna')
    // Coming back on one device is coming back on both.
    await laptop.join(await bob.invite(his), { patience: 120_000 })
    await until('the phone to come back', () => joined(phone, his))
  })

  test('a week apart merges cleanly in both directions, the same key on both sides too', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const bob = await house.start('bob', 'Bob')
    const phone = await house.start('phone')
    const { id } = await laptop.createRoom('Porch')
    await bob.join(await laptop.invite(id), { patience: 120_000 })
    await pair(laptop, phone)
    await alike([laptop, phone, bob], id)
    house.network.partition([['laptop'], ['phone', 'bob']])
    await until('to be apart', () => laptop.peers().length === 0)
    for (const name of ['laptop', 'phone', 'bob']) house.skew(name, WEEK)

    for (let n = 0; n < 10; n++) {
      await laptop.send(id, `laptop ${n}`)
      await phone.send(id, `phone ${n}`)
    }
    await bob.send(id, 'bob')
    await alike([phone, bob], id)
    await phone.markRead(id)
    await laptop.setDraft(id, 'of the laptop')
    await phone.setDraft(id, 'of the phone')
    const garden = await laptop.createRoom('Garden')
    const shed = await phone.createRoom('Shed')
    await phone.setDraft(shed.id, 'in the shed')

    house.network.heal()
    const texts = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((n) => [`laptop ${n}`, `phone ${n}`])
    await alike([laptop, phone, bob], id, [...texts, 'bob'])
    await until('both to be in both new rooms', () => {
      return joined(phone, garden.id) && joined(laptop, shed.id)
    })
    await until('the same drafts', () => {
      const [one, two] = [laptop.draft(id), phone.draft(id)]
      return one === two && one.startsWith('of the ') && laptop.draft(shed.id) === 'in the shed'
    })
    await until('what was read on the phone to be read', () => {
      return laptop.rooms().find((room) => room.id === id)?.unread === 0
    })
  })

  test('what was shared outlives a restart on either side', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const phone = await house.start('phone')
    const { id } = await laptop.createRoom('Porch')
    await pair(laptop, phone)
    await until('the room', () => joined(phone, id))
    await laptop.setDraft(id, 'one')
    await until('the draft', () => phone.draft(id) === 'one')
    await house.stop('phone')
    await laptop.setDraft(id, 'two')
    await house.stop('laptop')
    const again = await house.start('phone')
    expect(again.draft(id)).toBe('one')
    expect(again.rooms()).toHaveLength(1)
    await house.start('laptop')
    await until('the draft of before', () => again.draft(id) === 'two')
  })

  test('a device that is not empty is refused, with what to do', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const bob = await house.start('bob', 'Bob')
    await bob.createRoom('Workshop')
    const before = bob.personId
    const { code } = await laptop.devices.offer()
    await expect(bob.devices.pair(code)).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    expect(bob.personId).toBe(before)
  })

  test('a used code lets in nobody else', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const phone = await house.start('phone')
    const tablet = await house.start('tablet')
    const { code } = await laptop.devices.offer()
    await phone.devices.pair(code)
    await expect(tablet.devices.pair(code)).rejects.toMatchObject({ code: 'BAD_INVITE' })
    expect(tablet.personId).not.toBe(laptop.personId)
  })

  test('A9: a code that names another device than the one that answers: a mismatch, and nothing is taken over', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const phone = await house.start('phone')
    const before = phone.personId
    const { seed } = parsePairingCode((await laptop.devices.offer()).code)
    const forged = formatPairingCode({ seed, device: Buffer.from(phone.personId, 'hex') })
    await expect(phone.devices.pair(forged)).rejects.toMatchObject({ code: 'MISMATCH' })
    expect(phone.devices.pairing()).toMatchObject({ state: 'failed' })
    expect(phone.personId).toBe(before)
    expect(phone.rooms()).toEqual([])
  })

  test('a paired device pairs the next one', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const phone = await house.start('phone')
    const tablet = await house.start('tablet')
    const { id } = await laptop.createRoom('Porch')
    await pair(laptop, phone)
    await until('the phone to be in', () => joined(phone, id))
    await house.stop('laptop')
    await pair(phone, tablet, 'tablet')
    await until('the tablet to be in', () => joined(tablet, id))
    await tablet.send(id, 'third')
    await alike([phone, tablet], id, ['third'])
    expect(tablet.devices.list()).toHaveLength(3)
    expect(() => tablet.identity.phrase()).toThrow(/24 words/)
  })

  test('with a question on the old device: nothing before the answer', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const phone = await house.start('phone')
    const { code } = await laptop.devices.offer({ confirm: true })
    const pairing = phone.devices.pair(code, { name: 'phone' })
    await until('the question', () => laptop.devices.pairing().state === 'asking')
    await until('the digits', () => phone.devices.pairing().digits !== undefined)
    expect(phone.devices.pairing().digits).toBe(laptop.devices.pairing().digits)
    expect(phone.personId).not.toBe(laptop.personId)
    laptop.devices.answer(true)
    await pairing
    expect(phone.personId).toBe(laptop.personId)
  })

  test('who waits for a pairing can stop to', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const phone = await house.start('phone')
    const { code } = await laptop.devices.offer()
    house.network.partition([['laptop'], ['phone']])
    const stop = new AbortController()
    const pairing = phone.devices.pair(code, { signal: stop.signal })
    stop.abort(new Error('stopped'))
    await expect(pairing).rejects.toThrow('stopped')
    expect(phone.devices.pairing().state).toBe('failed')
  })

  test('a removed device reads and writes nothing more, comes back nowhere, and brings in nobody', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const bob = await house.start('bob', 'Bob')
    const phone = await house.start('phone')
    const { id } = await laptop.createRoom('Porch')
    await bob.join(await laptop.invite(id), { patience: 120_000 })
    await pair(laptop, phone)
    await until('the phone to be in', () => joined(phone, id))
    await phone.send(id, 'still here')
    await alike([laptop, bob, phone], id, ['still here'])

    await laptop.devices.remove(phone.deviceId)
    await until('the phone to say so', () => phone.rooms()[0]?.state === 'removed')
    await until('Bob to know', () => bob.members(id).every(({ devices }) => devices.length === 1))
    expect(laptop.devices.list().map(({ id: device }) => device)).toEqual([laptop.deviceId])
    await bob.send(id, 'after it')
    await laptop.setDraft(id, 'not for the phone')
    await alike([laptop, bob], id, ['still here', 'after it'])
    await expect(phone.send(id, 'let me in')).rejects.toMatchObject({ code: 'NOT_ALLOWED' })

    for (const work of [phone.devices.offer(), phone.devices.remove(laptop.deviceId)]) {
      await expect(work).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    }
    expect(phone.devices.list().map(({ id: device }) => device)).toEqual([phone.deviceId])
    // A room of its own is its own alone.
    await phone.createRoom('Elsewhere')
    await laptop.send(id, 'the last word')
    await alike([laptop, bob], id, ['still here', 'after it', 'the last word'])
    expect(bob.members(id).flatMap(({ devices }) => devices)).toHaveLength(2)
    const shown = (await phone.messages(id)).messages.map(({ text }) => text)
    expect(shown).toEqual(['still here'])
    expect(phone.draft(id)).not.toBe('not for the phone')
    expect(laptop.rooms().map(({ name }) => name)).toEqual(['Porch'])
  })
})

describe('a person restored on a new computer', () => {
  test('from the words and one neighbour’s copy alone: rooms, history, and who they were', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const bob = await house.start('bob', 'Bob')
    const { id } = await laptop.createRoom('Porch')
    await bob.join(await laptop.invite(id), { patience: 120_000 })
    await laptop.send(id, 'before the flood')
    await bob.send(id, 'seen')
    await alike([laptop, bob], id)
    const [phrase, person] = [laptop.identity.phrase(), laptop.personId]
    await house.stop('laptop')

    const again = await house.restore('new', phrase)
    expect(again.personId).toBe(person)
    await until('to be in the room', () => joined(again, id))
    await alike([again, bob], id, ['before the flood', 'seen'])
    expect(again.name).toBe('Ann')
    expect(again.members(id).find(({ self }) => self)).toMatchObject({ name: 'Ann', role: 'admin' })
    await again.send(id, 'back')
    await alike([again, bob], id, ['before the flood', 'seen', 'back'])
    const { messages } = await again.messages(id)
    expect(messages.filter(({ own }) => own).map(({ text }) => text)).toEqual([
      'before the flood',
      'back',
    ])
  })

  test('from a backup: its rooms are there at once, and opened by the first member who is met', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const bob = await house.start('bob', 'Bob')
    const { id } = await laptop.createRoom('Porch')
    await bob.join(await laptop.invite(id), { patience: 120_000 })
    await bob.send(id, 'seen')
    await alike([laptop, bob], id, ['seen'])
    // A room of the person's own devices is none to come back to.
    await laptop.devices.offer()
    const backup = await openBackup(await laptop.identity.backup('correct horse'), 'correct horse')
    await house.stop('laptop')
    await house.stop('bob')

    const again = await house.restore('new', backup.phrase.toString(), backup.rooms)
    expect(again.rooms()).toMatchObject([{ id, name: 'Porch', state: 'waiting' }])
    const bobAgain = await house.start('bob')
    await until('to be in the room', () => joined(again, id))
    await alike([again, bobAgain], id, ['seen'])
    await house.stop('new')
    expect((await house.start('new')).rooms()).toHaveLength(1)
  })

  test('beside another device of theirs it shares what they share', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const bob = await house.start('bob', 'Bob')
    const { id } = await laptop.createRoom('Porch')
    await bob.join(await laptop.invite(id), { patience: 120_000 })
    const phone = await house.start('phone')
    await pair(laptop, phone)
    await until('the room', () => joined(phone, id))
    const phrase = laptop.identity.phrase()
    await house.stop('laptop')
    await phone.setDraft(id, 'half')

    const again = await house.restore('new', phrase)
    await until('to be in the room', () => joined(again, id))
    await until('the draft', () => again.draft(id) === 'half')
    await again.setDraft(id, 'whole')
    await until('the other draft', () => phone.draft(id) === 'whole')
    expect(bob.members(id)).toHaveLength(2)
  })

  test('two computers with the same words come to share one personal room', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const { id } = await laptop.createRoom('Porch')
    await laptop.setDraft(id, 'half')
    const again = await house.restore('new', laptop.identity.phrase())
    await until('to be in the room', () => joined(again, id))
    await until('the draft', () => again.draft(id) === 'half')
    await again.setDraft(id, 'whole')
    await until('the other draft', () => laptop.draft(id) === 'whole')
    const ids = (list: readonly { id: string }[]): string[] =>
      list.map((device) => device.id).sort()
    await until('to know each other', () => again.devices.list().length === 2)
    expect(ids(laptop.devices.list())).toEqual(ids(again.devices.list()))
  })

  test('a room of many that a neighbour passes off as the one of own devices is none', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const bob = await house.start('bob', 'Bob')
    const { id } = await laptop.createRoom('Porch')
    const invite = await laptop.invite(id)
    await bob.join(invite, { patience: 120_000 })
    const phrase = laptop.identity.phrase()
    await house.stop('laptop')

    // Whoever was ever in the room, or holds an invite, knows as much.
    const { recovery } = await newMaterial(systemRandom, phrase)
    const { room, encryptionKey } = parseInvite(invite)
    const lie = { room, encryptionKey, name: 'Own devices', nickname: '', personal: 2 }
    let lies = 0
    const liar: Meeting = {
      matchKey: recoveryMatchKey(recovery),
      quiet: false,
      open: (wire) => {
        wire.send(encodeRecovery({ type: 'rooms', sealed: sealRooms([lie], recovery) }))
        return { onmessage: () => {}, onclose: () => lies++ }
      },
    }
    const mallory = new SessionManager({
      rooms: () => [],
      meetings: () => [liar],
      swarm: new Swarm({
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
        held: () => null,
      }),
      mirrors: new MirrorExchange({
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
        copies: () => [],
        node: () => null,
        keeper: () => null,
      }),
      recognition: recognition(),
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      device: () => NoiseSecretStream.keyPair(),
      blocked: () => false,
      onpeers: () => {},
      ontransports: () => {},
    })
    mallory.transports.add(house.network.transport('mallory'))
    await mallory.transports.switch('memory', true)
    house.network.partition([['bob'], ['mallory', 'new']])
    const again = await house.restore('new', phrase)
    await until('the lie to be told', () => lies > 0)
    await mallory.close()
    house.network.heal()
    await until('to be in the room, as in any other', () => joined(again, id))
    await again.setDraft(id, 'nobody’s business')
    await again.send(id, 'back')
    await alike([again, bob], id, ['back'])
  })

  test('whoever has other words is told of nothing', async () => {
    const laptop = await house.start('laptop', 'Ann')
    const bob = await house.start('bob', 'Bob')
    const { id } = await laptop.createRoom('Porch')
    await bob.join(await laptop.invite(id), { patience: 120_000 })
    const carl = await house.start('carl', 'Carl')
    const stranger = await house.restore('new', carl.identity.phrase())
    await until('all to have met', () => stranger.peers().length === 3)
    await bob.send(id, 'among us')
    await alike([laptop, bob], id, ['among us'])
    expect(stranger.rooms()).toEqual([])
  })
})
