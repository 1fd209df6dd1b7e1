import type { IdentityApi, IdentityView } from '../../core/api.ts'
import type { StreetEngine } from './page-street.ts'

/** Who a person of the street is: 24 words that count, and a picture. */
export class StreetIdentity implements IdentityApi {
  readonly #engine: StreetEngine
  readReceipts = true

  constructor(engine: StreetEngine) {
    this.#engine = engine
  }

  show(): IdentityView {
    const { personId: person, deviceId: device, name, avatar } = this.#engine
    return { person, device, name, hasPhrase: true, sealed: false, ...pictureOf(avatar) }
  }

  phrase(): string {
    return Array.from({ length: 24 }, (_, at) => `word${at + 1}`).join(' ')
  }

  async backup(): Promise<string> {
    return 'a sealed file'
  }

  async setAvatar(image: Buffer | null): Promise<void> {
    this.#engine.avatar = image
    this.#engine.emit('people')
  }

  async setReadReceipts(on: boolean): Promise<void> {
    this.readReceipts = on
  }
}

/** A picture as views carry it. */
export function pictureOf(image: Buffer | null): { avatar?: string } {
  if (!image) return {}
  const type = image[0] === 0x52 ? 'webp' : image[0] === 0xff ? 'jpeg' : 'png'
  return { avatar: `data:image/${type};base64,${image.toString('base64')}` }
}
