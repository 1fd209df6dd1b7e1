/** Files and `kill -9`: nothing is half there, nearly nothing comes twice. */
import { expect, test } from '@jest/globals'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom } from '../../core/random.ts'
import { until } from '../compliance/until.ts'
import {
  ask,
  hashOf,
  makeFile,
  shown,
  storedBytes,
  storedFiles,
  wholeHash,
  want,
} from './files-node.ts'
import { befriend, expectCalm, link } from './nodes.ts'
import { NodeProcess } from './node-process.ts'
import { inScratch } from './scratch.ts'

const SEED = Number(process.env['FAULT_SEED'] ?? 5)
const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 5)
const MB = 1_000_000
const SIZE = 160

test(`a receiver killed at ${ROUNDS} points of a file (seed ${SEED}) has every byte in the end, and under 2 % came twice`, () =>
  inScratch(async (scratch) => {
    const random = seededRandom(SEED)
    const path = await makeFile(join(scratch, 'sent', 'film.bin'), SIZE)
    const sender = await NodeProcess.open(join(scratch, 'sender'), 'Sender')
    const dir = join(scratch, 'receiver')
    let receiver = await NodeProcess.open(dir, 'Receiver')
    const room = await befriend(sender, receiver)
    await receiver.kill()
    const { id } = await ask(sender, 'send', room, path)
    let [before, lost] = [0, 0]
    const calm: NodeProcess[] = [sender]
    for (let round = 0; round < ROUNDS; round++) {
      receiver = await NodeProcess.open(dir)
      calm.push(receiver)
      await link(sender, receiver)
      await want(receiver, room, id)
      const found = await shown(receiver, room, id, 'the file', () => true)
      lost += Math.max(0, before - found.have)
      const target = before + (random.float() * SIZE * MB * 0.8) / ROUNDS
      const { have } = await shown(receiver, room, id, 'more of it', (view) => view.have >= target)
      await pause(random.float() * 30)
      await receiver.kill()
      before = have
      if (have === SIZE * MB) break
    }
    receiver = await NodeProcess.open(dir)
    calm.push(receiver)
    const found = await shown(receiver, room, id, 'the file', () => true)
    lost += Math.max(0, before - found.have)
    await link(sender, receiver)
    expect(await wholeHash(receiver, room, id)).toBe(await hashOf(path))
    expect(lost / (SIZE * MB)).toBeLessThan(0.02)
    expect((await storedFiles(dir)).filter((name) => name.endsWith('.part'))).toEqual([])
    expectCalm(...calm)
  }))

test(`a sender killed while it makes a file ready (seed ${SEED}) has shared nothing, and all of it the next time`, () =>
  inScratch(async (scratch) => {
    const random = seededRandom(SEED)
    const path = await makeFile(join(scratch, 'sent', 'film.bin'), SIZE)
    const dir = join(scratch, 'sender')
    const receiver = await NodeProcess.open(join(scratch, 'receiver'), 'Receiver')
    let sender = await NodeProcess.open(dir, 'Sender')
    const room = await befriend(sender, receiver)
    let killed = 0
    const calm: NodeProcess[] = [receiver]
    for (let round = 0; round < ROUNDS; round++) {
      calm.push(sender)
      const answered = ask(sender, 'send', room, path).then(
        () => true,
        () => false,
      )
      await pause(random.float() * 300)
      await sender.kill()
      const done = await answered
      sender = await NodeProcess.open(dir)
      const listed = await ask(sender, 'list', room)
      const { messages } = await sender.ask('messages', room)
      // All or nothing: what is listed is a message that others can act on, what is not takes no space.
      expect(messages.filter(({ kind }) => kind === 'file')).toHaveLength(listed.length)
      expect(listed.length).toBeGreaterThanOrEqual(done ? 1 : 0)
      for (const { id, state, have } of listed) {
        expect([state, have]).toEqual(['complete', SIZE * MB])
        await ask(sender, 'remove', room, id, { everyone: true })
      }
      if (listed.length === 0) killed++
      await until('nothing to be left', async () => (await storedBytes(dir)) < 64 * 1024)
    }
    expect(killed).toBeGreaterThan(0)
    const { id } = await ask(sender, 'send', room, path)
    await link(sender, receiver)
    await want(receiver, room, id)
    expect(await wholeHash(receiver, room, id)).toBe(await hashOf(path))
    expectCalm(...calm, sender)
  }))

test('a sender killed in the middle goes on serving what it shared before; one whose original went says so', () =>
  inScratch(async (scratch) => {
    const [kept, gone] = [join(scratch, 'sent', 'kept.bin'), join(scratch, 'sent', 'gone.bin')]
    for (const path of [kept, gone]) await makeFile(path, 40)
    const dir = join(scratch, 'sender')
    const receiver = await NodeProcess.open(join(scratch, 'receiver'), 'Receiver')
    const first = await NodeProcess.open(dir, 'Sender')
    const room = await befriend(first, receiver)
    const ids = [await ask(first, 'send', room, kept), await ask(first, 'send', room, gone)]
    await first.kill()
    const hash = await hashOf(kept)
    await rm(gone)
    const sender = await NodeProcess.open(dir)
    await link(sender, receiver)
    for (const { id } of ids) await want(receiver, room, id)
    expect(await wholeHash(receiver, room, ids[0]!.id)).toBe(hash)
    const { words } = await shown(receiver, room, ids[1]!.id, 'why it stands still', (view) => {
      return view.reason === 'source-gone'
    })
    expect(words).toMatch(/\w/)
    expectCalm(receiver, first, sender)
  }))
