import NoiseSecretStream from '@hyperswarm/secret-stream'
import { PorchlightError } from '../errors.ts'
import { FrameMeter } from './frame-meter.ts'

/** Longest frame of a peer that has proved nothing yet: a hello with all its tags. */
const FRAME_STRANGER = 64 * 1024
/** Bytes a stranger may send in all: a hello is 16 kB, a ping some bytes. */
const STRANGER_BYTES = 256 * 1024

/** A secret-stream that checks each announced frame length before it makes room for the frame. */
export class MeteredStream extends NoiseSecretStream {
  readonly meter = new FrameMeter(FRAME_STRANGER, STRANGER_BYTES)

  /** Bytes that were written and did not leave yet. */
  get unsent(): number {
    return this._writableState.buffered
  }

  override _onrawdata(data: Uint8Array): void {
    if (this.meter.push(data)) super._onrawdata(data)
    else this.destroy(new PorchlightError('TOO_LARGE', 'The peer sent more than it may.'))
  }
}
