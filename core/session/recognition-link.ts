import type { Acquainted, Recognition } from '../recognition/recognition.ts'

export interface RecognitionLinkOptions {
  readonly recognition: Recognition
  /** Tells the peer this device's key. */
  readonly send: (key: Buffer) => void
}

/** Recognition keys in one session: told and taken once the peer is known as a member of a room. */
export class RecognitionLink implements Acquainted {
  readonly #options: RecognitionLinkOptions
  readonly #leave: () => void
  /** The peer's device (hex), while it is a member of a room. */
  #device: string | null = null
  #told: Buffer | null = null
  /** What it said last, which counts for nothing before it is known as a member. */
  #theirs: Buffer | null = null
  #taken = false

  constructor(options: RecognitionLinkOptions) {
    this.#options = options
    this.#leave = options.recognition.join(this)
  }

  /** As which member's device the peer is known; null for none. */
  member(device: string | null): void {
    if (device === this.#device) return
    this.#device = device
    this.#taken = false
    this.renew()
  }

  renew(): void {
    this.#take()
    const { recognition, send } = this.#options
    const { own } = recognition
    if (this.#device === null || this.#told?.equals(own) === true) return
    if (!recognition.tells(this.#device)) return
    this.#told = own
    send(own)
  }

  /** The peer said its key. */
  heard(key: Buffer): void {
    if (this.#theirs?.equals(key) === true) return
    this.#theirs = key
    this.#taken = false
    this.#take()
  }

  close(): void {
    this.#leave()
  }

  #take(): void {
    if (this.#device === null || !this.#theirs || this.#taken) return
    this.#taken = this.#options.recognition.heard(this.#device, this.#theirs)
  }
}
