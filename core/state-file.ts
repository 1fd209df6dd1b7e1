import { readFile } from 'node:fs/promises'
import type { Envelope } from './crypto/envelope.ts'
import { asDiskError } from './durability/disk-error.ts'
import { readSavedFiles } from './files/policy/saved-files.ts'
import type { SavedFiles } from './files/policy/saved-files.ts'
import { PorchlightError } from './errors.ts'
import { readSavedMirrors } from './mirror/member/saved-mirrors.ts'
import type { SavedMirrors } from './mirror/member/saved-mirrors.ts'
import { replaceSecretFile, writePrivateFile } from './durability/private-file.ts'
import { readSavedRecognition } from './recognition/saved-recognition.ts'
import type { SavedRecognition } from './recognition/saved-recognition.ts'
import type { SavedFacts } from './self/personal-cache.ts'
import type { RoomRecord } from './room/room-record.ts'

/** What a device keeps beside keys and logs: its person's nickname, its rooms and their records. */
export interface State {
  version: 1
  /** This person's nickname, and whether they chose it. */
  name: string
  named: boolean
  rooms: RoomRecord[]
  /**
   * Rooms that were left. Autobase remembers this device's control log in the room's own core, so whoever comes
   * back goes on in it, with a fresh content log.
   */
  left: RoomRecord[]
  /** Rooms of a restored person, known from a backup, that this device has to enter again; keys are hex. */
  restored?: { key: string; encryptionKey: string; name: string }[]
  /** Own cores whose tail may be lost for good (hex keys), until members were asked or a fresh one took over. */
  suspect: string[]
  /** Transport id → addresses where peers were met. */
  addresses: Record<string, string[]>
  /** What this person's devices share, as this device knows it; absent before the first fact. */
  personal?: SavedFacts
  /** Whether others are told what this person read; true when absent. */
  readReceipts?: boolean
  /** What this person decided about files; absent before the first decision. */
  files?: SavedFiles
  /** What it does for others, and which nodes hold its rooms; absent before the first of both. */
  mirrors?: SavedMirrors
  /** By what devices recognise each other by radio. */
  recognition?: SavedRecognition
}

/** How the state file is opened. */
export interface StateFileOptions {
  readonly envelope: Envelope
  /** The nickname of a person who is new here. */
  readonly name?: string | undefined
  /**
   * Whether a file in clear, of an earlier version, is taken over. Not where a passphrase guards the device: whoever
   * got at the locked disk could have put it there.
   */
  readonly plain?: boolean
}

/** The one file of this device's rooms, sealed. Writes are all or nothing, one at a time. */
export class StateFile {
  readonly #path: string
  readonly #envelope: Envelope
  readonly state: State
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, envelope: Envelope, state: State) {
    this.#path = path
    this.#envelope = envelope
    this.state = state
  }

  /** Errors: `DAMAGED` for a file that can not be read as what it should be. */
  static async open(
    path: string,
    { envelope, name, plain = false }: StateFileOptions,
  ): Promise<StateFile> {
    const stored = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (stored === null) {
      const named = name !== undefined
      return new StateFile(path, envelope, {
        version: 1,
        name: name ?? 'Someone',
        named,
        rooms: [],
        left: [],
        suspect: [],
        addresses: {},
      })
    }
    const opened = envelope.open(stored)
    const state = parse(opened ?? (plain ? stored : Buffer.alloc(0)))
    if (state) {
      const file = new StateFile(path, envelope, state)
      // An earlier version wrote it in clear.
      if (!opened) await replaceSecretFile(path, file.#sealed())
      return file
    }
    throw new PorchlightError(
      'DAMAGED',
      `The file ${path} can not be read, so the list of rooms is not known. The messages are safe; put a backup of the file in its place.`,
    )
  }

  /** Writes the state as it is now. Errors: `DISK_FULL`. */
  save(): Promise<void> {
    const write = this.#writing.then(() => writePrivateFile(this.#path, this.#sealed()))
    this.#writing = write.catch(() => {})
    return write.catch((error: unknown) => {
      throw asDiskError(error)
    })
  }

  /** Resolves when nothing is being written. */
  async close(): Promise<void> {
    await this.#writing
  }

  #sealed(): Buffer {
    return this.#envelope.seal(Buffer.from(JSON.stringify(this.state)))
  }
}

function parse(stored: Buffer): State | null {
  try {
    const state = JSON.parse(stored.toString()) as State
    if (state.version !== 1 || !Array.isArray(state.rooms)) return null
    const { recognition: keys, ...rest } = state
    const recognition = readSavedRecognition(keys)
    return {
      ...rest,
      left: state.left ?? [],
      suspect: state.suspect ?? [],
      ...(state.files !== undefined && { files: readSavedFiles(state.files) }),
      ...(state.mirrors !== undefined && { mirrors: readSavedMirrors(state.mirrors) }),
      ...(recognition && { recognition }),
    }
  } catch {
    return null
  }
}
