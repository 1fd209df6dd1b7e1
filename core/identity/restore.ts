import { mkdir, readdir, rm } from 'node:fs/promises'
import { PorchlightError } from '../errors.ts'
import type { Random } from '../random.ts'
import { checkName } from '../room/names.ts'
import { StateFile } from '../state-file.ts'
import { keyFile, stateFile } from '../storage.ts'
import type { SavedRoom } from './backup.ts'
import { MaterialKeys } from './device-keys.ts'
import { newMaterial } from './key-material.ts'
import { Vault } from './vault.ts'

export interface RestoreOptions {
  /** A data directory that nobody uses; see `NOT_ALLOWED`. */
  readonly dir: string
  readonly phrase: string
  readonly name?: string
  /** Rooms to enter again, where they are known; neighbours tell of the others. */
  readonly rooms?: readonly SavedRoom[]
  readonly random: Random
}

/**
 * Makes `dir` a new device of the person that the words make. Errors: `BAD_REQUEST` for words that make nobody,
 * `NOT_ALLOWED` for a directory that somebody has used, `DISK_FULL`.
 */
export async function restorePerson(options: RestoreOptions): Promise<{ person: Buffer }> {
  const { dir, phrase, random, name, rooms = [] } = options
  const material = await newMaterial(random, phrase)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await checkUnused(dir, random)
  // In this order it can be done anew after a crash at any point.
  await rm(stateFile(dir), { force: true })
  const keys = new MaterialKeys(material, random)
  const person = Buffer.from(keys.person)
  await Vault.begin(keyFile(dir), material)
  const file = await StateFile.open(stateFile(dir), {
    envelope: keys.envelope('state'),
    name: name === undefined ? undefined : checkName(name),
  })
  file.state.restored = rooms.map((room) => ({
    key: room.key.toString('hex'),
    encryptionKey: room.encryptionKey.toString('hex'),
    name: room.name,
  }))
  await file.save()
  keys.clear()
  return { person }
}

/** A node that was only started has made a person of its own, whom nobody knows. Errors: `NOT_ALLOWED`. */
async function checkUnused(dir: string, random: Random): Promise<void> {
  const entries = await readdir(dir)
  if (!entries.includes('keys.json')) {
    if (entries.some((entry) => /^(store|journal)/.test(entry))) throw inUse(dir)
    return
  }
  const vault = await Vault.open(keyFile(dir), { random })
  if (vault.locked) throw inUse(dir)
  const envelope = vault.keys.envelope('state')
  const { state } = await StateFile.open(stateFile(dir), { envelope, plain: true })
  await vault.close()
  if (state.named || state.rooms.length > 0 || state.left.length > 0) throw inUse(dir)
}

function inUse(dir: string): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    `Somebody uses ${dir} already. Nothing was changed; restore into an empty directory (--data), or erase this one first (\`porchlight wipe\`).`,
  )
}
