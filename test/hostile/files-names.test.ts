import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { crc32, gzipSync } from 'node:zlib'
import { encode, list, struct, text, uint } from '../../core/codec/codec.ts'
import type { FileView, FolderEntry } from '../../core/files/api.ts'
import { seededRandom } from '../../core/random.ts'
import { until } from '../compliance/until.ts'
import { craftItem } from './crafted-item.ts'
import type { CraftedItem } from './crafted-item.ts'
import { fetchNothing, idOf, Mallory, shown } from './file-street.ts'
import { Street } from './street.ts'

const run = promisify(execFile)
const random = seededRandom(Number(process.env.HOSTILE_SEED ?? 23))
const ANY = 1024 * 1024
const GROWTH_MB = 150

let street: Street
let mallory: Mallory

beforeAll(async () => {
  street = await Street.open()
  await fetchNothing(street.victim, street.friend)
  mallory = await Mallory.join(street, 'mallory', random)
})

afterEach(() => street.expectPeace())

afterAll(async () => {
  await mallory.close()
  await street.close()
})

/** Has the victim fetch an item from the member: to its own place, or to `out`. */
async function fetched(
  item: CraftedItem,
  claim: Parameters<Mallory['offer']>[1],
  out?: string,
): Promise<string> {
  const { victim, room } = street
  await mallory.offer(item, claim)
  const { peer } = await mallory.serve(victim, item)
  await shown(victim, room, idOf(item))
  const options = out === undefined ? {} : { out }
  const { path } = await victim.call<{ path: string }>('files.get', room, idOf(item), options)
  peer.leave()
  return path
}

/** All files below a directory. */
async function below(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory())
  return files.map((entry) => relative(dir, join(entry.parentPath, entry.name))).sort()
}

/** Everything that stands on the street, but for what stores change as they go. */
async function standing(): Promise<string[]> {
  const all = await below(street.dir)
  return all.filter((path) => !/(^|\/)(store|log of \w+)\//.test(path))
}

/** What came to be outside of the victim's files and stays there, as the second copy of what a node saves does not. */
async function strayed(before: readonly string[]): Promise<string[]> {
  let fresh: string[] = []
  await until('nothing to be elsewhere', async () => {
    fresh = (await standing()).filter((one) => !before.includes(one))
    fresh = fresh.filter((one) => !one.startsWith('victim/files/'))
    return fresh.length === 0
  }).catch(() => {})
  return fresh
}

const NAMES = [
  '../../escaped.txt',
  '..\\..\\escaped.txt',
  '/etc/cron.d/escaped',
  'C:\\Windows\\escaped.txt',
  '\\\\server\\share\\escaped.txt',
  'cut\0off.txt',
  'CON',
  'con.txt',
  'LPT1.tar.gz',
  'trailing dot.',
  'trailing space ',
  '..',
  '.',
  '/',
  '.bashrc',
  '-rf',
  'invoice\u202efdp.exe',
  'line\nbreak\r.txt',
  'esc\u001b[2Jape.txt',
  'stream.txt:hidden',
  'a*b?c|d<e>"f.txt',
  `${'long '.repeat(60)}name.txt`.slice(0, 250),
  '\ufeff\u200b',
]

const UNSAFE = /^\.|[/\\:*?"<>|\p{Cc}\u200b\u202a-\u202e\u2066-\u2069\ufeff]|[. ]$/u

describe('A27: a name that a member gave', () => {
  test.each(NAMES)(
    '%j becomes a safe one, on the way to the disk and in every view',
    async (name) => {
      const { victim, room, dir } = street
      const item = mallory.craft(1_000)
      const before = await standing()
      const path = await fetched(item, { name })
      const safe = basename(path)
      expect(safe).not.toMatch(UNSAFE)
      expect(safe).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i)
      expect(safe.length).toBeGreaterThan(0)
      expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255)
      expect(dirname(path)).toBe(join(dir, 'victim', 'files', 'received', idOf(item)))
      expect((await readFile(path)).equals(item.stream)).toBe(true)
      const files = await victim.call<FileView[]>('files.list', room)
      expect(files.find(({ id }) => id === idOf(item))!.name).not.toMatch(UNSAFE)
      const { messages } = await victim.ask('messages', room)
      expect(messages.find(({ file }) => file?.id === idOf(item))!.file!.name).not.toMatch(UNSAFE)
      // Nothing came to be anywhere else.
      expect(await strayed(before)).toEqual([])
    },
  )

  test('a place that a person chose gets it under the safe name, and nothing there is replaced', async () => {
    const out = join(street.dir, 'chosen')
    await mkdir(out)
    await writeFile(join(out, 'escaped.txt'), 'mine')
    await expect(
      fetched(mallory.craft(1_000), { name: '../escaped.txt' }, out),
    ).rejects.toMatchObject({
      code: 'EXISTS',
    })
    expect(await readFile(join(out, 'escaped.txt'), 'utf8')).toBe('mine')
    const path = await fetched(mallory.craft(1_000), { name: '../other.txt' }, out)
    expect(path).toBe(join(out, 'other.txt'))
    expect(await below(out)).toEqual(['escaped.txt', 'other.txt'])
  })
})

/** A folder whose table says whatever it likes; its files' bytes are `rest`. */
function folder(entries: readonly { path: string; size: number }[], rest: Buffer): CraftedItem {
  const table = list(struct({ path: text(ANY), size: uint }), ANY)
  return folderOf(encode(table, [...entries]), rest)
}

function folderOf(contents: Buffer, rest: Buffer): CraftedItem {
  return craftItem(Buffer.concat([contents, rest]), random, contents.byteLength)
}

describe('A27: a folder whose table of contents', () => {
  test('names files elsewhere, twice or alike has all of them in itself', async () => {
    const paths = [
      '../escaped',
      '/etc/escaped',
      'a/../../escaped',
      'a\\..\\..\\escaped',
      'same',
      'same',
      'SAME',
      'sa\u200bme',
      'a/b',
      'a',
      'A/b',
      'CON/nul.txt',
      './/x',
      '..',
    ]
    const sizes = paths.map((_, n) => n + 1)
    const rest = random.bytes(sizes.reduce((sum, size) => sum + size, 0))
    const item = folder(
      paths.map((path, n) => ({ path, size: sizes[n]! })),
      rest,
    )
    const before = await standing()
    const path = await fetched(item, { name: '../dir', files: paths.length })
    const names = await below(path)
    expect(names).toHaveLength(paths.length)
    expect(new Set(names.map((name) => name.normalize('NFKC').toLowerCase())).size).toBe(
      names.length,
    )
    for (const part of names.flatMap((name) => name.split('/'))) expect(part).not.toMatch(UNSAFE)
    // In their order they are the bytes that were sent.
    const { victim, room } = street
    const entries = await victim.call<FolderEntry[]>('files.contents', room, idOf(item))
    const bytes = await Promise.all(entries.map((entry) => readFile(join(path, entry.path))))
    expect(Buffer.concat(bytes).equals(rest)).toBe(true)
    expect(await strayed(before)).toEqual([])
  })

  const many = (count: number, path: (n: number) => string): { path: string; size: number }[] =>
    Array.from({ length: count }, (_, n) => ({ path: path(n), size: 0 }))
  const deep = Array.from({ length: 62 }, () => 'a').join('/')
  const some = Buffer.alloc(10, 1)
  const wrong: [string, () => CraftedItem, number][] = [
    ['is no table', () => folderOf(random.bytes(500), some), 2],
    ['is cut off', () => folderOf(Buffer.from([2, 1]), some), 2],
    ['names fewer bytes than there are', () => folder([{ path: 'a', size: 9 }], some), 1],
    ['names more bytes than there are', () => folder([{ path: 'a', size: 11 }], some), 1],
    [
      'names sizes that add up only by overflow',
      () =>
        folder(
          [
            { path: 'a', size: 2 ** 53 - 1 },
            { path: 'b', size: 2 ** 53 - 1 },
          ],
          some,
        ),
      2,
    ],
    [
      'names another number of files than was said',
      () => folder([{ path: 'a', size: 10 }], some),
      3,
    ],
    [
      'names more files than a folder may have',
      () => folder([...many(100_000, (n) => `f${n}`), { path: 'last', size: 10 }], some),
      100_000,
    ],
    [
      'names more directories than can be made',
      () => folder([...many(99_999, (n) => `${n}/${deep}/f`), { path: 'last', size: 10 }], some),
      100_000,
    ],
    ['is too deep', () => folder([{ path: 'a/'.repeat(200) + 'f', size: 10 }], some), 1],
    ['names a path without end', () => folder([{ path: 'a'.repeat(9_000), size: 10 }], some), 1],
  ]

  test.each(wrong)('%s is damaged, and costs little', async (_, make, files) => {
    const { victim, room, dir } = street
    const item = make()
    await mallory.offer(item, { name: 'folder', files })
    const { peer } = await mallory.serve(victim, item)
    await shown(victim, room, idOf(item))
    const growth = await street.growth(async () => {
      await expect(victim.call('files.get', room, idOf(item))).rejects.toMatchObject({
        code: 'DAMAGED',
      })
    })
    expect(growth).toBeLessThan(GROWTH_MB)
    const files_ = join(dir, 'victim', 'files', 'received', idOf(item))
    expect(await below(files_)).toEqual([])
    // The source is not to blame for what its author wrote.
    expect(victim.logged).not.toContain('file-wrong-bytes')
    await victim.call('files.cancel', room, idOf(item))
    peer.leave()
  })
})

describe('A28: an archive', () => {
  test.each(['zip', 'tar', 'tar.gz'])(
    '%s arrives as it was sent, and is not unpacked',
    async (kind) => {
      const inside = join(street.dir, `inside ${kind}`)
      await mkdir(inside)
      await writeFile(join(inside, 'canary.txt'), 'unpacked')
      const tar = join(street.dir, `${kind}.tar`)
      await run('tar', ['-cf', tar, '-C', inside, 'canary.txt'])
      const plain = await readFile(tar)
      const bytes = kind === 'tar' ? plain : kind === 'tar.gz' ? gzipSync(plain) : storedZip()
      const item = { ...craftItem(bytes, random), stream: bytes }
      const path = await fetched(item, { name: `archive.${kind}`, type: 'application/zip' })
      expect((await readFile(path)).equals(bytes)).toBe(true)
      expect(await below(dirname(path))).toEqual([`archive.${kind}`])
      const canaries = (await standing()).filter((one) => one.includes('canary'))
      expect(canaries.filter((one) => !one.startsWith('inside'))).toEqual([])
    },
  )

  test('can be unpacked by nothing that is in the program', async () => {
    const { dependencies, optionalDependencies } = JSON.parse(
      await readFile('package.json', 'utf8'),
    ) as Record<string, object>
    const packages = Object.keys({ ...dependencies, ...optionalDependencies })
    expect(packages.length).toBeGreaterThan(10)
    const unpackers = /zip|(^|[/-])tar|rar\b|archiv|unpack|extract|compress|inflate|pako/i
    expect(packages.filter((name) => unpackers.test(name))).toEqual([])
    for (const part of ['core', 'transports', 'node-app', 'web-ui/src']) {
      for (const file of (await below(part)).filter((name) => /\.(ts|tsx|mjs)$/.test(name))) {
        const source = await readFile(join(part, file), 'utf8')
        expect([
          file,
          /gunzip|inflate|unzip|brotliDecompress|DecompressionStream/i.test(source),
        ]).toEqual([file, false])
      }
    }
  })
})

/** An archive of one file, stored as it is. */
function storedZip(): Buffer {
  const name = Buffer.from('../canary.txt')
  const data = Buffer.from('unpacked')
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt32LE(crc32(data), 10)
  common.writeUInt32LE(data.byteLength, 14)
  common.writeUInt32LE(data.byteLength, 18)
  common.writeUInt16LE(name.byteLength, 22)
  const local = Buffer.concat([Buffer.from('504b0304', 'hex'), common, name, data])
  const made = Buffer.from('1400', 'hex')
  const central = Buffer.concat([
    Buffer.from('504b0102', 'hex'),
    made,
    common,
    Buffer.alloc(14),
    name,
  ])
  const end = Buffer.alloc(22)
  Buffer.from('504b0506', 'hex').copy(end)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.byteLength, 12)
  end.writeUInt32LE(local.byteLength, 16)
  return Buffer.concat([local, central, end])
}

describe('A27: a link or a pipe in the place of a file', () => {
  test('is not sent, and is not read in the place of what was', async () => {
    const { victim, room, dir } = street
    const secret = join(dir, 'secret.txt')
    await writeFile(secret, 'a secret of eighteen')
    const pipe = join(dir, 'pipe')
    await run('mkfifo', [pipe])
    await expect(victim.call('files.send', room, pipe)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    const shared = join(dir, 'shared')
    await mkdir(shared)
    await writeFile(join(shared, 'plain.txt'), 'what was sent, plain')
    await symlink(secret, join(shared, 'link.txt'))
    await run('mkfifo', [join(shared, 'pipe')])
    const sent = await victim.call<FileView>('files.send', room, shared)
    const contents = await victim.call<FolderEntry[]>('files.contents', room, sent.id)
    expect(contents).toEqual([{ path: 'plain.txt', size: 20 }])
    // The original becomes a link, then a pipe: neither is followed, opened for ever, or given out.
    for (const replace of [
      () => symlink(secret, join(shared, 'plain.txt')),
      () => run('mkfifo', [join(shared, 'plain.txt')]),
    ]) {
      await rm(join(shared, 'plain.txt'))
      await replace()
      const got = street.friend.call('files.get', room, sent.id)
      await expect(got).rejects.toMatchObject({
        code: expect.stringMatching(/CHANGED|NOT_FOUND|UNREACHABLE/),
      })
      await street.friend.call('files.cancel', room, sent.id)
    }
  })

  test('planted where a file is to arrive is not written through', async () => {
    const { dir } = street
    const out = join(dir, 'planted')
    await mkdir(out)
    const target = join(dir, 'target.txt')
    await writeFile(target, 'untouched')
    await symlink(target, join(out, 'new.txt.part'))
    await symlink(target, join(out, 'link.txt'))
    const item = mallory.craft(2_000)
    const path = await fetched(item, { name: 'new.txt' }, join(out, 'new.txt'))
    expect((await readFile(path)).equals(item.stream)).toBe(true)
    await expect(
      fetched(mallory.craft(2_000), { name: 'link.txt' }, join(out, 'link.txt')),
    ).rejects.toMatchObject({ code: 'EXISTS' })
    expect(await readFile(target, 'utf8')).toBe('untouched')
    // In the store's own directory, too, whatever stood there gives way and is not followed.
    const other = mallory.craft(2_000)
    const received = join(dir, 'victim', 'files', 'received')
    const aside = join(dir, 'aside')
    await mkdir(aside)
    await mkdir(received, { recursive: true })
    await symlink(aside, join(received, idOf(other)))
    await fetched(other, { name: 'x.txt' })
    expect(await readdir(aside)).toEqual([])
  })
})
