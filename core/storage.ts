import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type Corestore from 'corestore'
import { DirtyMarker } from './durability/dirty-marker.ts'
import { asDiskError } from './durability/disk-error.ts'
import { Journal } from './durability/journal.ts'
import { openStore } from './durability/open-store.ts'
import { isSuspect, replayJournal } from './durability/recovery.ts'
import { syncStore } from './durability/store-sync.ts'
import type { DeviceKeys } from './identity/device-keys.ts'
import { Vault } from './identity/vault.ts'
import type { Logger } from './logger.ts'
import type { Random } from './random.ts'
import { checkName } from './room/names.ts'
import { ownCores } from './room/own-keys.ts'
import { StateFile } from './state-file.ts'

export interface StorageOptions {
  readonly dir: string
  readonly name?: string
  /** Unlocked; whoever gives it closes it. Without one, the key file is opened here. */
  readonly vault?: Vault
  readonly random: Random
  readonly logger: Logger
}

/** All that a device keeps on its disk, repaired as far as it can be without others. */
export class Storage {
  readonly vault: Vault
  readonly keys: DeviceKeys
  readonly file: StateFile
  readonly store: Corestore
  readonly journal: Journal
  /** Own cores whose tail may be lost for good (hex keys). */
  readonly suspect: ReadonlySet<string>
  readonly #marker: DirtyMarker

  private constructor(
    parts: Pick<Storage, 'vault' | 'file' | 'store' | 'journal' | 'suspect'>,
    marker: DirtyMarker,
  ) {
    this.vault = parts.vault
    this.keys = parts.vault.keys
    this.file = parts.file
    this.store = parts.store
    this.journal = parts.journal
    this.suspect = parts.suspect
    this.#marker = marker
  }

  /** Errors: `LOCKED`, `DAMAGED`, `DISK_FULL`. */
  static async open(options: StorageOptions): Promise<Storage> {
    try {
      return await Storage.#open(options)
    } catch (error) {
      throw asDiskError(error)
    }
  }

  /** Members were asked about this core, or a fresh one took over. */
  async trust(core: string): Promise<void> {
    const { state } = this.file
    if (!state.suspect.includes(core)) return
    state.suspect = state.suspect.filter((other) => other !== core)
    await this.file.save()
  }

  /** False once the store met a full disk: it refuses every write from then on, until it is opened anew. */
  async healthy(): Promise<boolean> {
    const probe = this.store.get({ name: 'probe', active: false })
    try {
      await probe.ready()
      await probe.setUserData('probe', Buffer.from('written'))
      return true
    } catch {
      return false
    } finally {
      await probe.close()
    }
  }

  async close(): Promise<void> {
    // A full disk must not keep the rest from closing.
    await this.file.save().catch(() => {})
    await this.file.close()
    await this.journal.close()
    // After a write was refused, closing a core fails too, and would keep the lock of the files.
    await this.store.close().catch(() => this.store.storage.close())
    await this.#marker.clear()
  }

  static async #open({ dir, name, random, logger, ...given }: StorageOptions): Promise<Storage> {
    await mkdir(join(dir, 'index'), { recursive: true, mode: 0o700 })
    const vault = given.vault ?? (await Vault.open(keyFile(dir), { random }))
    const { keys } = vault
    const file = await StateFile.open(stateFile(dir), {
      envelope: keys.envelope('state'),
      name: name === undefined ? name : checkName(name),
      plain: !vault.sealed,
    })
    const storeDir = join(dir, 'store')
    // Opened first: it is what keeps a second engine off the directory.
    const { store, fresh } = await openStore(storeDir)
    const marker = new DirtyMarker(join(dir, 'running'))
    const last = await marker.read()
    const { rooms } = file.state
    const suspect = new Set(file.state.suspect)
    const { journal } = await Journal.open(dir, {
      expected: rooms.length > 0,
      syncStore: () => syncStore(storeDir),
      onfound: async ({ entries, intact, torn }) => {
        const own = new Map(rooms.flatMap((record) => [...ownCores(keys, record)]))
        const replayed = await replayJournal(store, entries, own, logger)
        const facts = { last, journalIntact: intact, journalTorn: torn }
        for (const core of own.keys()) {
          const result = replayed.get(core) ?? { repaired: 0, gap: false }
          // With rooms but no store, whatever this device wrote is known to others alone.
          if (fresh || isSuspect(result, facts)) suspect.add(core)
        }
        // Written before the traces of the loss are mended: the next start must know of it too.
        if (suspect.size > file.state.suspect.length) {
          file.state.suspect = [...suspect]
          await file.save()
        }
      },
    })
    await marker.set()
    return new Storage({ vault, file, store, journal, suspect }, marker)
  }
}

/**
 * All that a data directory may hold of core, in the order in which a wipe takes it: the keys first, then files that
 * came, the one thing that no key of these seals; what is held of others, who sealed it themselves, comes late.
 */
export const STORED = [
  'keys.json',
  'state.json',
  'files',
  'journal',
  'index',
  'store',
  'mirror',
  'running',
] as const

/** Where the keys of a data directory are. */
export function keyFile(dir: string): string {
  return join(dir, 'keys.json')
}

/** Where the rooms of a data directory are. */
export function stateFile(dir: string): string {
  return join(dir, 'state.json')
}
