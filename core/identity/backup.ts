import sodium from 'sodium-native'
import { bounded, bytes, encode, fixed, list, struct, text, tryDecode } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { PorchlightError } from '../errors.ts'
import type { Random } from '../random.ts'
import { checkPassphrase } from './passphrase.ts'
import type { KdfCost } from './passphrase.ts'
import { formatFile, newPassphraseKey, parseFile, unsealFile } from './sealed-file.ts'

const MAX_PHRASE = 512
const MAX_NAME = 256
const MAX_ROOMS = 4096

/** What it takes to find a room again: its members let in whoever is attested by a person who is in. */
export interface SavedRoom {
  readonly key: Buffer
  readonly encryptionKey: Buffer
  readonly name: string
}

/** A person on one file: the words that make them, their name, and the rooms they were in. */
export interface Backup {
  readonly phrase: Buffer
  readonly name: string
  readonly rooms: readonly SavedRoom[]
}

interface Layout {
  layout: number
  phrase: Buffer
  name: string
  rooms: SavedRoom[]
}

const backup: Codec<Layout> = struct({
  layout: bounded(1),
  phrase: bytes(MAX_PHRASE),
  name: text(MAX_NAME),
  rooms: list(
    struct<SavedRoom>({ key: fixed(32), encryptionKey: fixed(32), name: text(MAX_NAME) }),
    MAX_ROOMS,
  ),
})

/** The bytes of a backup, not sealed yet. */
export function encodeBackup(content: Backup): Buffer {
  const rooms = content.rooms.slice(0, MAX_ROOMS)
  return encode(backup, { layout: 1, phrase: content.phrase, name: content.name, rooms })
}

/** Null for anything that `encodeBackup` did not make. */
export function decodeBackup(data: Buffer): Backup | null {
  const decoded = tryDecode(backup, data)
  if (decoded?.layout !== 1) return null
  const { layout: _, ...content } = decoded
  return content
}

/** The backup as a file's text, which the passphrase alone opens. Errors: `BAD_REQUEST`. */
export async function sealBackup(
  content: Backup,
  passphrase: string,
  { cost, random }: { cost: KdfCost; random: Random },
): Promise<string> {
  checkPassphrase(passphrase)
  const key = await newPassphraseKey(passphrase, cost, random)
  const body = encodeBackup(content)
  const sealed = formatFile('backup', body, { with: key, random })
  sodium.sodium_memzero(body)
  sodium.sodium_memzero(key.key)
  return sealed
}

/** Errors: `DAMAGED` for what is no whole backup, `WRONG_PASSPHRASE`. */
export async function openBackup(file: string, passphrase: string): Promise<Backup> {
  const parsed = parseFile('backup', file)
  if (parsed?.kdf !== 'argon2id') throw damaged()
  const opened = await unsealFile('backup', parsed, passphrase)
  const content = decodeBackup(opened.body)
  sodium.sodium_memzero(opened.body)
  sodium.sodium_memzero(opened.with.key)
  if (!content) throw damaged()
  return content
}

function damaged(): PorchlightError {
  return new PorchlightError(
    'DAMAGED',
    'This is no whole backup of Porchlight. Nothing was changed; try another copy, or restore from the 24 words.',
  )
}
