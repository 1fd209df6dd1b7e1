import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import IdentityKey from 'keet-identity-key'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyPairFromSeed } from '../../core/crypto/sign.ts'
import { attests } from '../../core/identity/attestation.ts'
import { decodeMaterial, encodeMaterial, newMaterial } from '../../core/identity/key-material.ts'
import { bearable, kdfCost } from '../../core/identity/passphrase.ts'
import { formatFile, parseFile } from '../../core/identity/sealed-file.ts'
import { loadDeviceKeys, Vault } from '../../core/identity/vault.ts'
import { seededRandom, systemRandom } from '../../core/random.ts'

const MB = 1024 * 1024
/** Cheap, so that a test can try many times. */
const cost = { ops: 1, mem: 8 * MB }
const PASSPHRASE = 'correct horse battery'

let path = ''

beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'porchlight-vault-')), 'keys.json')
})

afterEach(async () => {
  await rm(join(path, '..'), { recursive: true, force: true })
})

function openVault(): Promise<Vault> {
  return Vault.open(path, { random: systemRandom, cost })
}

async function sealedVault(): Promise<Vault> {
  const vault = await openVault()
  await vault.setPassphrase(undefined, PASSPHRASE)
  return vault
}

/** Every way that a secret could be written. */
function spellings(secret: Buffer): Buffer[] {
  const [hex, base64] = [secret.toString('hex'), secret.toString('base64').replace(/=+$/, '')]
  return [secret, Buffer.from(hex), Buffer.from(base64)]
}

describe('the key file', () => {
  test('makes a person of 24 words, and the same one at the next start', async () => {
    const first = (await openVault()).keys
    expect(first.phrase!.split(' ')).toHaveLength(24)
    expect(attests(first.attestation, first.person, first.device.publicKey)).toBe(true)
    const again = await loadDeviceKeys(path, systemRandom)
    expect(again.device).toEqual(first.device)
    expect(again.person).toEqual(first.person)
    expect(again.recoveryPair).toEqual(first.recoveryPair)
    expect(again.storageKey).toEqual(first.storageKey)
    expect(again.phrase).toBe(first.phrase)
    expect(again.secret('purpose')).toEqual(first.secret('purpose'))
  })

  test('the words make the person and the recovery key on any device, and a device of its own', async () => {
    const { phrase, person, recovery, device } = (await openVault()).keys
    const made = await newMaterial(seededRandom(3), `  ${phrase!.toUpperCase()}\n`)
    expect(made.person).toEqual(person)
    expect(made.recovery).toEqual(recovery)
    expect(made.deviceSeed).not.toEqual(device.secretKey.subarray(0, 32))
  })

  test.each(['', 'one two three', `${'abandon '.repeat(24)}`, `${'zoo '.repeat(24)}`])(
    'refuses the words “%s”, and says so',
    async (words) => {
      await expect(newMaterial(seededRandom(3), words)).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      })
    },
  )

  test('A24: without a passphrase it is 0600, and the vault says so', async () => {
    const vault = await openVault()
    expect(vault.sealed).toBe(false)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await expect(vault.lock()).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    expect(vault.locked).toBe(false)
  })

  test('A24: with one it is sealed under Argon2id, with a 16-byte salt and its cost in the header', async () => {
    const vault = await Vault.open(path, { random: systemRandom, cost: kdfCost(Infinity) })
    const { device, person, phrase, storageKey } = vault.keys
    await vault.setPassphrase(undefined, PASSPHRASE)
    const stored = await readFile(path)
    expect(JSON.parse(stored.toString())).toMatchObject({
      version: 2,
      kdf: 'argon2id',
      ops: 3,
      mem: 256 * MB,
      salt: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    for (const secret of [Buffer.from(phrase!), device.secretKey.subarray(0, 32), storageKey]) {
      for (const spelling of spellings(secret)) expect(stored.includes(spelling)).toBe(false)
    }
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const next = await Vault.open(path, { random: systemRandom })
    expect([next.sealed, next.locked]).toEqual([true, true])
    expect(() => next.keys).toThrow(expect.objectContaining({ code: 'LOCKED' }))
    await next.unlock(PASSPHRASE)
    expect(next.keys.person).toEqual(person)
    expect(next.keys.phrase).toBe(phrase)
  })

  test('A24: a desktop takes 256 MiB and three passes, a small computer 64 MiB', () => {
    expect(kdfCost(16 * 1024 * MB)).toEqual({ ops: 3, mem: 256 * MB })
    expect(kdfCost(2 * 1024 * MB)).toEqual({ ops: 3, mem: 256 * MB })
    expect(kdfCost(1024 * MB)).toEqual({ ops: 3, mem: 64 * MB })
  })

  test('A24: a wrong passphrase is refused, and the right one works after', async () => {
    await sealedVault()
    const vault = await openVault()
    await expect(vault.unlock('correct horse')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' })
    await expect(vault.unlock('')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' })
    expect(vault.locked).toBe(true)
    await vault.unlock(PASSPHRASE)
    expect(vault.locked).toBe(false)
  })

  test('A24: a header or a body that was altered never opens, and never asks for more than allowed', async () => {
    await sealedVault()
    const stored = JSON.parse(await readFile(path, 'utf8')) as Record<string, string | number>
    const flipped = (hex: string): string => (hex.startsWith('0') ? '1' : '0') + hex.slice(1)
    const alterations: Record<string, unknown>[] = [
      { ops: 2 },
      { mem: 9 * MB },
      { salt: flipped(String(stored['salt'])) },
      { nonce: flipped(String(stored['nonce'])) },
      { body: Buffer.from('a different body, long enough').toString('base64') },
      { ops: 1_000_000 },
      { mem: 100 * 1024 * MB },
      { mem: 2 ** 60 },
      { mem: 1.5 * MB },
      { salt: '00' },
      { kdf: 'none' },
      { kdf: 'argon2i' },
      { version: 3 },
      { porchlight: 'backup' },
    ]
    for (const alteration of alterations) {
      await writeFile(path, JSON.stringify({ ...stored, ...alteration }))
      const opening = openVault().then((vault) => vault.unlock(PASSPHRASE))
      await expect(opening).rejects.toMatchObject({
        code: expect.stringMatching(/^(WRONG_PASSPHRASE|DAMAGED)$/),
      })
    }
    expect(bearable({ ops: 3, mem: 256 * MB })).toBe(true)
    expect(bearable({ ops: 3, mem: 100 * 1024 * MB })).toBe(false)
    expect(bearable({ ops: 1e9, mem: 256 * MB })).toBe(false)
  })

  test('a passphrase is changed and removed by whoever knows it', async () => {
    const vault = await sealedVault()
    const { person } = vault.keys
    for (const old of [undefined, 'another one']) {
      await expect(vault.setPassphrase(old, 'a new passphrase')).rejects.toMatchObject({
        code: 'WRONG_PASSPHRASE',
      })
      await expect(vault.setPassphrase(old, null)).rejects.toMatchObject({
        code: 'WRONG_PASSPHRASE',
      })
    }
    await expect(vault.setPassphrase(PASSPHRASE, 'short')).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    await vault.setPassphrase(PASSPHRASE, 'a new passphrase')
    const next = await openVault()
    await expect(next.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' })
    await next.unlock('a new passphrase')
    await next.setPassphrase('a new passphrase', null)
    expect(next.sealed).toBe(false)
    expect((await openVault()).keys.person).toEqual(person)
  })

  test('an accent typed in one piece or in two is the same passphrase', async () => {
    const vault = await openVault()
    await vault.setPassphrase(undefined, 'caf\u00e9 au lait')
    await vault.lock()
    await vault.unlock('cafe\u0301 au lait')
    expect(vault.locked).toBe(false)
  })

  test('locking wipes the keys from memory', async () => {
    const vault = await sealedVault()
    const { keys } = vault
    const { device, storageKey, recoveryPair, person } = keys
    const envelope = keys.envelope('state')
    await vault.lock()
    const zero = (secret: Buffer): boolean => secret.every((byte) => byte === 0)
    expect([device.secretKey, storageKey, recoveryPair!.secretKey].map(zero)).toEqual([
      true,
      true,
      true,
    ])
    for (const use of [() => keys.secret('x'), () => keys.phrase, () => envelope.seal(person)]) {
      expect(use).toThrow(expect.objectContaining({ code: 'LOCKED' }))
    }
    await vault.unlock(PASSPHRASE)
    expect(vault.keys.person).toEqual(person)
  })

  test('a paired device is its person’s and holds no phrase, sealed or not', async () => {
    const ann = (await openVault()).keys
    await rm(path)
    const vault = await sealedVault()
    const { device } = vault.keys
    const attestation = IdentityKey.attestDevice(device.publicKey, ann.device, ann.attestation)
    const { person, recovery } = ann
    await expect(
      vault.adopt({ person, recovery, attestation: ann.attestation }),
    ).rejects.toMatchObject({ code: 'MISMATCH' })
    await vault.adopt({ person, recovery, attestation })
    const next = await openVault()
    await next.unlock(PASSPHRASE)
    for (const keys of [vault.keys, next.keys]) {
      expect(keys.person).toEqual(person)
      expect(keys.recovery).toEqual(recovery)
      expect(keys.device).toEqual(device)
      expect([keys.phrase, keys.recoveryPair]).toEqual([null, null])
    }
  })

  test('what stood there before is overwritten in place, not only unlinked', async () => {
    const vault = await openVault()
    const old = await open(path, 'r')
    const before = (await readFile(path)).byteLength
    await vault.setPassphrase(undefined, PASSPHRASE)
    const bytes = Buffer.alloc(before, 1)
    await old.read(bytes, 0, before, 0)
    await old.close()
    expect(bytes.every((byte) => byte === 0)).toBe(true)
  })

  test('what a crash left of a change is removed', async () => {
    await writeFile(`${path}.new`, 'keys')
    await openVault()
    await expect(stat(`${path}.new`)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('an older file is taken over, and nothing of it stays', async () => {
    const mnemonic = IdentityKey.generateMnemonic()
    const seed = systemRandom.bytes(32)
    const identity = await IdentityKey.from({ seed: await IdentityKey.deriveSeed(mnemonic) })
    const { publicKey } = keyPairFromSeed(seed)
    const attestation = Buffer.from(await identity.bootstrap(publicKey))
    await writeFile(
      path,
      JSON.stringify({
        version: 1,
        mnemonic,
        deviceSeed: seed.toString('hex'),
        attestation: attestation.toString('base64'),
      }),
    )
    const { keys } = await openVault()
    expect(keys.phrase).toBe(mnemonic)
    expect(keys.device.publicKey).toEqual(publicKey)
    expect(keys.attestation).toEqual(attestation)
    expect((await openVault()).keys.storageKey).toEqual(keys.storageKey)
  })

  test.each(['', '{', '[]', 'null', '{"version":1}', '{"porchlight":"keys","version":2}'])(
    'no key file: %j is DAMAGED and stays as it is',
    async (text) => {
      await writeFile(path, text)
      await expect(openVault()).rejects.toMatchObject({ code: 'DAMAGED' })
      expect(await readFile(path, 'utf8')).toBe(text)
    },
  )

  test('fuzz: its decoders take what they wrote, and null for the rest', async () => {
    const material = await newMaterial(seededRandom(1))
    const body = encodeMaterial(material)
    expect(decodeMaterial(body)).toEqual(material)
    const text = formatFile('keys', body, null)
    fc.assert(
      fc.property(fc.nat(body.byteLength - 1), fc.integer({ min: 1, max: 255 }), (at, xor) => {
        const altered = Buffer.from(body)
        altered[at]! ^= xor
        const read = decodeMaterial(altered)
        // Another phrase, seed or key is as good as ours; what is bound to others is not.
        expect(read === null || encodeMaterial(read).equals(altered)).toBe(true)
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.string(), (bytes, string) => {
        expect(decodeMaterial(Buffer.from(bytes))).toBeNull()
        expect(parseFile('keys', string)).toBeNull()
      }),
    )
    fc.assert(
      fc.property(fc.nat(text.length), fc.string({ minLength: 1, maxLength: 3 }), (at, insert) => {
        const read = parseFile('keys', text.slice(0, at) + insert + text.slice(at))
        expect(read === null || read.body.equals(body)).toBe(true)
      }),
    )
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const file = { porchlight: 'keys', version: 2, kdf: 'argon2id', body: '', ...Object(value) }
        expect(parseFile('keys', JSON.stringify(file) ?? '')).toBeNull()
      }),
    )
  })
})
