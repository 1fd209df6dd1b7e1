import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeBackup, encodeBackup, openBackup, sealBackup } from '../../core/identity/backup.ts'
import type { Backup } from '../../core/identity/backup.ts'
import { newMaterial } from '../../core/identity/key-material.ts'
import { restorePerson } from '../../core/identity/restore.ts'
import { loadDeviceKeys, Vault } from '../../core/identity/vault.ts'
import { seededRandom, systemRandom } from '../../core/random.ts'
import { StateFile } from '../../core/state-file.ts'

const cost = { ops: 1, mem: 8 * 1024 * 1024 }
const PASSPHRASE = 'correct horse battery'
const options = { cost, random: systemRandom }
const content: Backup = {
  phrase: Buffer.from('some words'),
  name: 'Ada Canary',
  rooms: [
    { key: Buffer.alloc(32, 1), encryptionKey: Buffer.alloc(32, 2), name: 'Harbour' },
    { key: Buffer.alloc(32, 3), encryptionKey: Buffer.alloc(32, 4), name: '' },
  ],
}

let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-backup-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

describe('a backup', () => {
  test('holds the person and the rooms, for who has the passphrase alone', async () => {
    const file = await sealBackup(content, PASSPHRASE, options)
    expect(await openBackup(file, PASSPHRASE)).toEqual(content)
    for (const canary of ['some words', 'Canary', 'Harbour']) {
      expect(Buffer.from(file).includes(canary)).toBe(false)
      expect(file).not.toContain(Buffer.from(canary).toString('base64').slice(0, 8))
    }
    await expect(openBackup(file, 'correct horse')).rejects.toMatchObject({
      code: 'WRONG_PASSPHRASE',
    })
    await expect(sealBackup(content, 'short', options)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  })

  test('truncated, or of another kind, is said to be damaged', async () => {
    const file = await sealBackup(content, PASSPHRASE, options)
    for (const size of [0, 1, 20, file.length >> 1, file.length - 3]) {
      await expect(openBackup(file.slice(0, size), PASSPHRASE)).rejects.toMatchObject({
        code: 'DAMAGED',
      })
    }
    const vault = await Vault.open(join(dir, 'keys.json'), options)
    await vault.setPassphrase(undefined, PASSPHRASE)
    const keys = await readFile(join(dir, 'keys.json'), 'utf8')
    await expect(openBackup(keys, PASSPHRASE)).rejects.toMatchObject({ code: 'DAMAGED' })
  })

  test('fuzz: what was altered or made up does not open', async () => {
    const file = await sealBackup(content, PASSPHRASE, options)
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.string({ minLength: 1 }), async (at, text) => {
        const altered = file.slice(0, at) + text + file.slice(at + text.length)
        fc.pre(altered !== file)
        const read = await openBackup(altered, PASSPHRASE).catch(
          (error: { code?: string }) => error.code,
        )
        // Spaces between the members of the JSON are no change of what it says.
        expect([content, 'DAMAGED', 'WRONG_PASSPHRASE']).toContainEqual(read)
      }),
      { numRuns: 100 },
    )
    const body = encodeBackup(content)
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((data) => Buffer.from(data)),
      fc
        .tuple(fc.nat(body.byteLength - 1), fc.nat(255), fc.nat(body.byteLength))
        .map(([at, byte, size]) => {
          const out = Buffer.from(body.subarray(0, size))
          if (at < size) out[at] = byte
          return out
        }),
    )
    fc.assert(
      fc.property(bytes, (data) => {
        const read = decodeBackup(data)
        expect(read === null || encodeBackup(read).equals(data)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('restoring', () => {
  const restore = (phrase: string) =>
    restorePerson({ dir, phrase, name: 'Ada', rooms: content.rooms, random: systemRandom })

  async function words(): Promise<string> {
    return (await newMaterial(seededRandom(1))).phrase!.toString()
  }

  test('makes a new device of the same person, which knows its rooms', async () => {
    const phrase = await words()
    const person = await newMaterial(seededRandom(1), phrase)
    await restore(phrase)
    const keys = await loadDeviceKeys(join(dir, 'keys.json'), systemRandom)
    expect(keys.person).toEqual(person.person)
    expect(keys.recovery).toEqual(person.recovery)
    expect((await stat(join(dir, 'keys.json'))).mode & 0o777).toBe(0o600)
    const path = join(dir, 'state.json')
    const { state } = await StateFile.open(path, { envelope: keys.envelope('state') })
    expect(state).toMatchObject({ name: 'Ada', named: true, rooms: [] })
    expect(state.restored).toEqual(
      content.rooms.map(({ key, encryptionKey, name }) => ({
        key: key.toString('hex'),
        encryptionKey: encryptionKey.toString('hex'),
        name,
      })),
    )
  })

  test('takes the place of a person whom nobody knows yet', async () => {
    const first = await loadDeviceKeys(join(dir, 'keys.json'), systemRandom)
    const envelope = first.envelope('state')
    await (await StateFile.open(join(dir, 'state.json'), { envelope })).save()
    const { person } = await restore(await words())
    expect((await loadDeviceKeys(join(dir, 'keys.json'), systemRandom)).person).toEqual(person)
  })

  test.each(['a name', 'a room', 'a passphrase', 'a store alone'])(
    'is refused where there is %s, and changes nothing',
    async (what) => {
      const vault = await Vault.open(join(dir, 'keys.json'), options)
      const file = await StateFile.open(join(dir, 'state.json'), {
        envelope: vault.keys.envelope('state'),
      })
      if (what === 'a name') file.state.named = true
      if (what === 'a room') file.state.left.push({ key: '', salt: '' } as never)
      await file.save()
      if (what === 'a passphrase') await vault.setPassphrase(undefined, PASSPHRASE)
      if (what === 'a store alone') {
        await rm(join(dir, 'keys.json'))
        await writeFile(join(dir, 'journal'), '')
      }
      const before = await everything()
      await expect(restore(await words())).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
      expect(await everything()).toEqual(before)
    },
  )

  test('words that make nobody change nothing', async () => {
    await expect(restore('one two three')).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect(await readdir(dir)).toEqual([])
  })

  async function everything(): Promise<[string, string][]> {
    const names = (await readdir(dir)).toSorted()
    return Promise.all(
      names.map(async (name) => [name, await readFile(join(dir, name), 'hex')] as [string, string]),
    )
  }
})
