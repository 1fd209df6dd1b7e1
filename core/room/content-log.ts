import type Hypercore from 'hypercore'
import type { Download } from 'hypercore'

/** One device's content log in a room. The room owns it and closes it. */
export class ContentLog {
  readonly key: Buffer
  readonly hex: string
  /** Its author: device and person ids (hex). */
  readonly device: string
  readonly person: string
  /** True for the logs of this device. */
  readonly own: boolean
  readonly core: Hypercore
  #download: Download | null = null

  constructor(core: Hypercore, author: { device: string; person: string }, own: boolean) {
    this.core = core
    this.key = Buffer.from(core.key)
    this.hex = this.key.toString('hex')
    this.device = author.device
    this.person = author.person
    this.own = own
  }

  /** Fetches whatever is missing, now and as it is announced; idempotent. */
  fetch(): void {
    this.#download ??= this.core.download({ start: 0, end: -1 })
  }

  /** Stops fetching, for a disk that is full. */
  pause(): void {
    this.#download?.destroy()
    this.#download = null
  }

  async close(): Promise<void> {
    this.pause()
    await this.core.close()
  }
}
