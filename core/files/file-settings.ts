import type { FilePolicy, FilePolicyChange } from './api.ts'
import { changedChoice, checkQuota, DEFAULT_POLICY, policyOf } from './policy/policy.ts'
import { isDeclined, setDeclined } from './policy/saved-files.ts'
import type { SavedFiles } from './policy/saved-files.ts'

export interface FileSettingsOptions {
  /** Part of the state file; changed in place. */
  readonly saved: () => SavedFiles
  readonly save: () => Promise<void>
}

/** What a person decided about files on this device. */
export class FileSettings {
  readonly #options: FileSettingsOptions

  constructor(options: FileSettingsOptions) {
    this.#options = options
  }

  /** The policy of a room, or the device's own. */
  policy(roomId?: string): FilePolicy {
    const { policy, rooms } = this.#saved
    const own = policyOf(policy, DEFAULT_POLICY)
    return roomId === undefined ? own : policyOf(rooms?.[roomId], own)
  }

  /** Errors: `BAD_REQUEST`. */
  async setPolicy(roomId: string | null, change: FilePolicyChange): Promise<FilePolicy> {
    const saved = this.#saved
    if (roomId === null) saved.policy = changedChoice(saved.policy, change)
    else {
      const choice = changedChoice(saved.rooms?.[roomId], change)
      saved.rooms = { ...saved.rooms, [roomId]: choice }
      if (Object.keys(choice).length === 0) delete saved.rooms[roomId]
    }
    await this.#options.save()
    return this.policy(roomId ?? undefined)
  }

  get quota(): number | null {
    return this.#saved.quota ?? null
  }

  /** Errors: `BAD_REQUEST`. */
  async setQuota(bytes: number | null): Promise<void> {
    checkQuota(bytes)
    if (bytes === null) delete this.#saved.quota
    else this.#saved.quota = bytes
    await this.#options.save()
  }

  /** True for an item (its root in hex) that a person cancelled or deleted here. */
  declined(root: string): boolean {
    return isDeclined(this.#saved, root)
  }

  async decline(root: string, on: boolean): Promise<void> {
    if (setDeclined(this.#saved, root, on)) await this.#options.save()
  }

  /** A room was left. */
  forget(roomId: string): void {
    delete this.#saved.rooms?.[roomId]
  }

  get #saved(): SavedFiles {
    return this.#options.saved()
  }
}
