import NoiseSecretStream from '@hyperswarm/secret-stream'
import type { DhtConnection, RawStream } from 'hyperdht'
import { FrameMeter } from '../../core/connection/frame-meter.ts'
import { PorchlightError } from '../../core/errors.ts'

/** Longest frame that leaves or is taken. */
export const MAX_PIECE = 64 * 1024
/** Tag and authenticator beside it. */
const OVERHEAD = 64

/** The DHT's secret stream; as it comes, 16 MB are set aside for whoever announces them. */
class ShortFrames extends NoiseSecretStream {
  readonly #meter = new FrameMeter(MAX_PIECE + OVERHEAD)
  /** Whether anything came from the other end: until then its address may be an invented one. */
  heard = false

  override _onrawdata(data: Uint8Array): void {
    const first = !this.heard
    this.heard = true
    if (first) this.emit('heard')
    if (this.#meter.push(data)) super._onrawdata(data)
    else this.destroy(new PorchlightError('TOO_LARGE', 'The peer announced too long a frame.'))
  }
}

/** For hyperdht, which makes a stream of it for each connection. */
export function createShortFrames(
  initiator: boolean,
  rawStream: RawStream | null,
  options: object,
): DhtConnection {
  return new ShortFrames(initiator, rawStream, options) as unknown as DhtConnection
}
