/** R8 for files: a bit flipped in each kind of file that is kept of them. */
import { expect, test } from '@jest/globals'
import { join } from 'node:path'
import { seededRandom } from '../../core/random.ts'
import { until } from '../compliance/until.ts'
import { flipBit } from './damage.ts'
import { ask, hashOf, makeFile, shown, storedFiles, wholeHash, want } from './files-node.ts'
import { NarrowLink } from './narrow-link.ts'
import { befriend, expectCalm, link } from './nodes.ts'
import { NodeProcess } from './node-process.ts'
import { inScratch } from './scratch.ts'

const SEED = Number(process.env['FAULT_SEED'] ?? 8)
const MB = 1_000_000
const SIZE = 24 * MB
/** What comes of a file that is stopped under way. */
const SOME = SIZE / 3

/** A sender, a receiver, and a third who asks them later. */
interface Scene {
  readonly scratch: string
  readonly room: string
  readonly file: string
  /** Of what was sent. */
  readonly hash: string
  readonly sender: NodeProcess
  readonly receiver: NodeProcess
  /** Every process that was started: none may have had a mishap. */
  readonly started: NodeProcess[]
}

const dirOf = (scratch: string, who: string): string => join(scratch, who)

/** A file that was sent to a receiver, who has asked for it. */
async function sent(scratch: string, meet = link): Promise<Scene> {
  const path = await makeFile(join(scratch, 'sent', 'film.bin'), SIZE / MB)
  const [sender, receiver] = await Promise.all([
    NodeProcess.open(dirOf(scratch, 'sender'), 'Sender'),
    NodeProcess.open(dirOf(scratch, 'receiver'), 'Receiver'),
  ])
  const room = await befriend(sender, receiver, meet)
  const { id: file } = await ask(sender, 'send', room, path)
  await want(receiver, room, file)
  const started = [sender, receiver]
  return { scratch, room, file, hash: await hashOf(path), sender, receiver, started }
}

/** A file of which the receiver had some, and could not have more, when one of the two was killed. */
async function cutShort(scratch: string, who: 'sender' | 'receiver'): Promise<Scene> {
  let narrow: NarrowLink | undefined
  try {
    const scene = await sent(scratch, async (sender, receiver) => {
      const [address] = await sender.call<string[]>('online')
      narrow = await NarrowLink.to(address!, SOME)
      await receiver.call('online')
      await receiver.call('dial', narrow.address)
    })
    const { receiver, room, file } = scene
    const { state } = await shown(receiver, room, file, 'some of it', ({ have }) => have > SOME / 2)
    expect(state).toBe('downloading')
    await scene[who].kill()
    return scene
  } finally {
    narrow?.close()
  }
}

/** A file that the receiver has. */
async function arrived(scratch: string): Promise<Scene> {
  const scene = await sent(scratch)
  expect(await wholeHash(scene.receiver, scene.room, scene.file)).toBe(scene.hash)
  return scene
}

/** Starts one anew on its data. */
async function again(scene: Scene, who: string): Promise<NodeProcess> {
  const node = await NodeProcess.open(dirOf(scene.scratch, who))
  scene.started.push(node)
  return node
}

/** One more member, let in by `by`, which is all that it is linked with. */
async function third(scene: Scene, by: NodeProcess): Promise<NodeProcess> {
  const node = await NodeProcess.open(dirOf(scene.scratch, 'third'), 'Third')
  scene.started.push(node)
  await link(by, node)
  const invite = await by.ask('invite', scene.room)
  expect(await node.ask('join', invite, { patience: 120_000 })).toMatchObject({ state: 'joined' })
  return node
}

/** Flips a bit of each stored file that is meant; at least one. */
async function flip(scratch: string, who: string, wanted: RegExp, random = seededRandom(SEED)) {
  const dir = dirOf(scratch, who)
  const names = (await storedFiles(dir)).filter((name) => wanted.test(name))
  expect(names.length).toBeGreaterThan(0)
  for (const name of names) {
    await flipBit(join(dir, 'files', name), random.float(), Math.floor(random.float() * 8))
  }
}

/** Whatever one of them has in the end, and passes on, is what was sent. */
async function expectRight(scene: Scene, receiver: NodeProcess): Promise<void> {
  const { room, file, hash, started } = scene
  await want(receiver, room, file)
  await wholeHash(receiver, room, file)
  // What is wrong on a disk is found when it is passed on, at the latest: the third has it from nobody else.
  const other = await third(scene, receiver)
  await want(other, room, file)
  expect(await wholeHash(other, room, file)).toBe(hash)
  const mended = async (): Promise<boolean> => (await wholeHash(receiver, room, file)) === hash
  await until('what was damaged to be fetched again', mended)
  expectCalm(...started)
}

test.each([
  ['the record', /\.item$/],
  ['the manifest', /\.manifest$/],
  ['the progress', /\.progress$/],
  ['what came so far', /\.part$/],
])('R8: a bit flipped in %s of a file under way is harmless: it is fetched again', (_, wanted) =>
  inScratch(async (scratch) => {
    const scene = await cutShort(scratch, 'receiver')
    await flip(scratch, 'receiver', wanted)
    const receiver = await again(scene, 'receiver')
    await link(scene.sender, receiver)
    await expectRight(scene, receiver)
  }),
)

test.each([
  ['the record', /\.item$/],
  ['the manifest', /\.manifest$/],
])('R8: a bit flipped in %s of a complete file is harmless', (_, wanted) =>
  inScratch(async (scratch) => {
    const scene = await arrived(scratch)
    await scene.receiver.kill()
    await flip(scratch, 'receiver', wanted)
    const receiver = await again(scene, 'receiver')
    await link(scene.sender, receiver)
    await expectRight(scene, receiver)
  }),
)

test('R8: a received file in which a bit flipped is not given out damaged, says so, and is fetched again', () =>
  inScratch(async (scratch) => {
    const scene = await arrived(scratch)
    const { room, file, hash, receiver } = scene
    await scene.sender.kill()
    await flip(scratch, 'receiver', /^received\/.*film\.bin$/)
    const other = await third(scene, receiver)
    await want(other, room, file)
    const said = await shown(receiver, room, file, 'a word of the damage', (view) => {
      return view.state !== 'complete'
    })
    expect(said.have).toBeLessThan(said.size)
    const stuck = await shown(other, room, file, 'all that is right of it', (view) => {
      return view.have === said.have
    })
    expect(stuck.state).not.toBe('complete')
    const sender = await again(scene, 'sender')
    await link(sender, receiver)
    expect(await wholeHash(receiver, room, file)).toBe(hash)
    expect(await wholeHash(other, room, file)).toBe(hash)
    expectCalm(...scene.started)
  }))

test.each([
  ['the record', /\.item$/],
  ['the manifest', /\.manifest$/],
])(
  'R8: a bit flipped in %s of what was sent: nothing wrong is served, and it can be sent again',
  (_, wanted) =>
    inScratch(async (scratch) => {
      const scene = await cutShort(scratch, 'sender')
      const { room, file, hash } = scene
      await flip(scratch, 'sender', wanted)
      const sender = await again(scene, 'sender')
      // It says that it lacks it; asked for it, it makes again what was damaged, if it can.
      expect((await ask(sender, 'show', room, file)).state).not.toBe('complete')
      const mended = (await ask(sender, 'fetch', room, file)).state === 'complete'
      expect(mended).toBe(wanted.test('.manifest'))
      await link(sender, scene.receiver)
      let id = file
      if (!mended) {
        id = (await ask(sender, 'send', room, join(scratch, 'sent', 'film.bin'))).id
        await want(scene.receiver, room, id)
      }
      expect(await wholeHash(scene.receiver, room, id)).toBe(hash)
      expectCalm(...scene.started)
    }),
)
