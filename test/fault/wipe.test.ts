/** A25: what is left of a person after a wipe. */
import { expect, test } from '@jest/globals'
import { mkdir, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { beginWipe, isBeingWiped, wipeDirectory } from '../../core/durability/wipe.ts'
import { systemClock } from '../../core/clock.ts'
import { systemRandom } from '../../core/random.ts'
import { STORED } from '../../core/storage.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import { labTest } from '../setup/lab-test.ts'
import { until } from '../e2e/until.ts'
import { AtRestNode, PASSPHRASE } from './at-rest-node.ts'
import { found, scanDirectory } from './canaries.ts'
import type { Canaries } from './canaries.ts'
import { ImageDisk } from './image-disk.ts'
import { inScratch } from './scratch.ts'
import { secretsIn } from './secrets-in.ts'

const MB = 1024 * 1024
/** Not the names of files: those may stand in the file system's own journal for a while, out of anyone's reach. */
const WORDS = {
  text: Buffer.from('the canary sings at dawn'),
  title: Buffer.from('Canary harbour'),
  name: Buffer.from('Zacharias Canary'),
  config: Buffer.from('Configured Canary'),
  received: Buffer.from('a canary of the friend’s, in a file'),
  sent: Buffer.from('a canary in a file of their own'),
}

interface Lived {
  readonly node: AtRestNode
  readonly canaries: Canaries
  readonly ids: readonly string[]
  readonly network: MemoryNetwork
}

/** A node with some days behind it: restarts, a passphrase come and gone, a friend, a room that was left. */
async function live(dir: string, friendDir: string): Promise<Lived> {
  const network = new MemoryNetwork({ clock: systemClock, random: systemRandom })
  const first = await AtRestNode.start(dir, { name: 'Zacharias Canary' })
  const { id } = await first.createRoom('Canary harbour')
  const left = await first.createRoom('Canary harbour of old')
  await first.api.delete(`/rooms/${left.id}`)
  await first.api.put('/passphrase', { next: PASSPHRASE })
  await first.api.put('/passphrase', { current: PASSPHRASE, next: null })
  await first.close()
  await writeFile(join(dir, 'config.json'), JSON.stringify({ name: 'Configured Canary' }))

  const transport = network.transport('node')
  const node = await AtRestNode.start(dir, { transport })
  const friend = await AtRestNode.start(friendDir, { transport: network.transport('friend') })
  const { invite } = await node.api.post<{ invite: string }>(`/rooms/${id}/invites`)
  await friend.api.post('/join', { invite })
  for (let n = 0; n < 30; n++) await node.send(id, `the canary sings at dawn ${n}`)
  await friend.send(id, 'the canary sings at dawn, says the friend')
  await until(async () => (await node.texts(id)).length === 31)
  await friend.sendBytes(id, 'canary-plans.txt', WORDS.received)
  await until(async () => (await node.files(id)).length === 1)
  const [file] = await node.files(id)
  await node.api.post(`/rooms/${id}/files/${file!.id}/get`)
  await node.sendBytes(id, 'canary-plans-of-my-own.txt', WORDS.sent)
  await friend.close()
  // As it is on the disk while the node runs: the same keys, by a reader beside it.
  const secrets = await secretsIn(dir)
  const { person, device } = await node.status()
  const ids = [person, device, id]
  return { node, network, ids, canaries: { ...secrets, ...WORDS } }
}

async function wipe(node: AtRestNode): Promise<void> {
  await node.api.post('/wipe', { confirm: 'wipe' })
  await node.daemon.closed
  await node.close()
}

test('A25: a wipe leaves no file, and the next start announces nobody known', () =>
  inScratch(async (scratch) => {
    const dir = join(scratch, 'data')
    const { node, ids, canaries } = await live(dir, join(scratch, 'friend'))
    const held = await openAll(dir)
    expect(held.map(([name]) => name)).toContain('canary-plans.txt')
    await wipe(node)
    expect(await readdir(dir)).toEqual([])
    // Unlinked is not gone: what stood in the files was overwritten where it stood.
    for (const [name, file] of held) {
      const bytes = await file.readFile()
      expect([name, bytes.every((byte) => byte === 0)]).toEqual([name, true])
      await file.close()
    }
    const fresh = await AtRestNode.start(dir)
    const status = await fresh.status()
    expect(ids).not.toContain(status.person)
    expect(ids).not.toContain(status.device)
    expect(status).toMatchObject({ named: false, rooms: 0 })
    await fresh.close()
    expect(await scanDirectory(dir, canaries)).toEqual([])
  }))

await labTest('A25: nothing is found on the whole disk after a wipe', { mounts: true }, () => {
  let disk: ImageDisk
  return inScratch(
    async (scratch) => {
      disk = await ImageDisk.mount(scratch, 128)
      const { node, canaries, ids } = await live(join(disk.dir, 'data'), join(scratch, 'friend'))
      const before = await disk.read()
      // The scan sees what is there: a key file without a passphrase, and public keys.
      expect(found(before, { config: WORDS.config })).toEqual(['config'])
      await wipe(node)
      const known = {
        ...canaries,
        ...Object.fromEntries(ids.map((id) => [id, Buffer.from(id, 'hex')])),
      }
      expect(found(await disk.read(), known)).toEqual([])
    },
    () => disk.unmount(),
  )
})

test('A25: a locked node is wiped without the passphrase', () =>
  inScratch(async (scratch) => {
    const dir = join(scratch, 'data')
    const node = await AtRestNode.start(dir, { name: 'Zacharias' })
    await node.api.post('/lock', { passphrase: PASSPHRASE })
    await wipe(node)
    expect(await readdir(dir)).toEqual([])
  }))

test('A25: a wipe that was interrupted is finished by the next start', () =>
  inScratch(async (scratch) => {
    const dir = join(scratch, 'data')
    const node = await AtRestNode.start(dir, { name: 'Zacharias Canary' })
    const { id } = await node.createRoom('Canary harbour')
    await node.send(id, 'the canary sings at dawn')
    const { person } = await node.status()
    await node.close()
    const canaries = { ...(await secretsIn(dir)), ...WORDS }
    const keys = await open(join(dir, 'keys.json'), 'r')
    await beginWipe(dir, STORED)
    // From here on nothing opens what is left, whatever happens next.
    expect((await keys.readFile()).every((byte) => byte === 0)).toBe(true)
    await keys.close()
    expect(await isBeingWiped(dir)).toBe(true)
    expect(await readdir(dir)).toContain('store')

    const next = await AtRestNode.start(dir)
    expect((await next.status()).person).not.toBe(person)
    expect(await next.api.get('/rooms')).toEqual([])
    expect(await isBeingWiped(dir)).toBe(false)
    await next.close()
    expect(await scanDirectory(dir, canaries)).toEqual([])
  }))

test('A25: it goes on after errors, keeps what is not ours, and can be done twice', () =>
  inScratch(async (dir) => {
    for (const name of ['keys.json', 'keys.json.new', 'state.json', 'journal.old', 'mine.txt']) {
      await writeFile(join(dir, name), 'x'.repeat(5 * MB))
    }
    // What is held for others goes too.
    await mkdir(join(dir, 'mirror/ab'), { recursive: true })
    await writeFile(join(dir, 'mirror/ab/000001.seg'), 'of others')
    await wipeDirectory(dir, STORED)
    await wipeDirectory(dir, STORED)
    expect(await readdir(dir)).toEqual(['mine.txt'])
    expect((await stat(join(dir, 'mine.txt'))).size).toBe(5 * MB)
    expect((await readFile(join(dir, 'mine.txt'))).includes(0)).toBe(false)
  }))

test('A25: a film too long to be overwritten does not spare what is smaller', () =>
  inScratch(async (dir) => {
    await mkdir(join(dir, 'files'))
    // A hole takes no time to make; this name comes before that of the files.
    await writeFile(join(dir, 'state.json.long'), '')
    await truncate(join(dir, 'state.json.long'), 300 * MB)
    await writeFile(join(dir, 'files/letter'), 'a canary')
    const letter = await open(join(dir, 'files/letter'), 'r')
    await wipeDirectory(dir, STORED)
    expect((await letter.readFile()).toString()).not.toContain('canary')
    await letter.close()
    expect(await readdir(dir)).toEqual([])
  }))

/** Every file below `dir`, held open: its blocks stay readable when it is unlinked. */
async function openAll(dir: string): Promise<[string, FileHandle][]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true })
  const files = entries.filter(
    (entry) => entry.isFile() && /^(keys|config)\.json$|canary/.test(entry.name),
  )
  return Promise.all(
    files.map(async ({ parentPath, name }): Promise<[string, FileHandle]> => [
      name,
      await open(join(parentPath, name), 'r'),
    ]),
  )
}
