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
  readonly #onintake: (bytes: number) => void
  #download: Download | null = null
  #paused = false

  /** `onintake` counts bytes that peers sent. */
  constructor(
    core: Hypercore,
    author: { device: string; person: string },
    own: boolean,
    onintake: (bytes: number) => void,
  ) {
    this.#onintake = onintake
    core.on('download', (_seq: number, bytes: number) => onintake(bytes))
    this.core = core
    this.key = Buffer.from(core.key)
    this.hex = this.key.toString('hex')
    this.device = author.device
    this.person = author.person
    this.own = own
  }

  /** Fetches whatever is missing, now and as it is announced; idempotent. */
  fetch(): void {
    this.#paused = false
    if (this.core.closing) return
    this.#download ??= this.core.download({ start: 0, end: -1 })
  }

  /** Stops fetching, for a disk that is full. */
  pause(): void {
    this.#paused = true
    this.#download?.destroy()
    this.#download = null
  }

  /** Stores a range that a peer sent with the log's signature at its end; refuses any other. */
  async store(blocks: Buffer[], signature: Buffer): Promise<void> {
    await this.core.append(blocks, { signature })
    this.#onintake(blocks.reduce((bytes, block) => bytes + block.byteLength, 0))
  }

  get paused(): boolean {
    return this.#paused
  }

  async close(): Promise<void> {
    this.pause()
    await this.core.close()
  }
}
