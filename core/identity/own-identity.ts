import type { IdentityApi, IdentityView } from '../api.ts'
import { PorchlightError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { Room } from '../room/room.ts'
import type { StateFile } from '../state-file.ts'
import { sealBackup } from './backup.ts'
import type { Vault } from './vault.ts'

export interface OwnIdentityOptions {
  readonly vault: Vault
  readonly random: Random
  readonly file: () => StateFile
  readonly rooms: () => Iterable<Room>
  readonly onchange: () => void
}

/** Who this device's person is, how others see them, and how to become them again elsewhere. */
export class OwnIdentity implements IdentityApi {
  readonly #options: OwnIdentityOptions
  /** Rooms that this person's picture was taken to. */
  readonly #shared = new Set<string>()

  constructor(options: OwnIdentityOptions) {
    this.#options = options
  }

  show(): IdentityView {
    const { vault, file } = this.#options
    const { person, device, phrase } = vault.keys
    const avatar = this.#avatar()
    return {
      person: person.toString('hex'),
      device: device.publicKey.toString('hex'),
      name: file().state.name,
      ...(avatar === undefined ? {} : { avatar }),
      hasPhrase: phrase !== null,
      sealed: vault.sealed,
    }
  }

  phrase(): string {
    const { phrase } = this.#options.vault.keys
    if (phrase !== null) return phrase
    throw new PorchlightError(
      'NOT_FOUND',
      'This device was paired, so it never had the 24 words. Look on the device that you began with.',
    )
  }

  async backup(passphrase: string): Promise<string> {
    const { vault, random, file } = this.#options
    const { name, named, rooms } = file().state
    const content = {
      phrase: Buffer.from(this.phrase()),
      name: named ? name : '',
      // The personal room is of no use without another device of the person, which tells of it.
      rooms: rooms
        .filter(({ kind }) => kind !== 'personal')
        .map((room) => ({
          key: Buffer.from(room.key, 'hex'),
          encryptionKey: Buffer.from(room.encryptionKey, 'hex'),
          name: room.name,
        })),
    }
    return sealBackup(content, passphrase, { cost: vault.cost, random })
  }

  async setAvatar(image: Buffer | null): Promise<void> {
    // Where this person may not write, the picture before stays.
    const rooms = [...this.#options.rooms()].filter(({ conversation }) => conversation.mayWrite)
    for (const room of rooms) await room.conversation.writer.setAvatar(image)
    this.#options.onchange()
  }

  /** Takes this person's picture to rooms that their first device just came into. */
  async shareAvatar(): Promise<void> {
    const avatar = this.#avatar()
    if (avatar === undefined) return
    for (const room of this.#options.rooms()) {
      if (this.#shared.has(room.id) || room.conversation.lacksAvatar() !== true) continue
      const self = room.membership.members().find((member) => member.self)
      if (self?.devices.length !== 1) continue
      this.#shared.add(room.id)
      const data = avatar.slice(avatar.indexOf(',') + 1)
      await room.conversation.writer.setAvatar(Buffer.from(data, 'base64'))
    }
  }

  get readReceipts(): boolean {
    return this.#options.file().state.readReceipts ?? true
  }

  async setReadReceipts(on: boolean): Promise<void> {
    const file = this.#options.file()
    file.state.readReceipts = on
    await file.save()
    this.#options.onchange()
  }

  /** As the rooms hold it: it travels there, and is kept nowhere else. */
  #avatar(): string | undefined {
    const self = this.#options.vault.keys.person.toString('hex')
    for (const room of this.#options.rooms()) {
      const avatar = room.conversation.avatar(self)
      if (avatar !== undefined) return avatar
    }
    return undefined
  }
}
