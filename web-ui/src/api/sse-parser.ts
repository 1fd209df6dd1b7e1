/** One event of a `text/event-stream`. */
export interface StreamEvent {
  readonly id: string | null
  readonly event: string
  readonly data: string
}

/** A frame longer than this is not ours: the stream is given up. */
const MAX_FRAME = 4 * 1024 * 1024

/** Cuts a `text/event-stream` into events, however the bytes were split on their way. */
export class SseParser {
  #rest = ''

  /** The events that this piece completes; comments (heartbeats) give none. Throws RangeError. */
  push(piece: string): StreamEvent[] {
    this.#rest += piece.replace(/\r/g, '')
    const frames = this.#rest.split('\n\n')
    this.#rest = frames.pop() ?? ''
    if (this.#rest.length > MAX_FRAME) throw new RangeError('event too large')
    return frames.flatMap((frame) => parseFrame(frame) ?? [])
  }
}

function parseFrame(frame: string): StreamEvent | null {
  let id: string | null = null
  let event = 'message'
  const data: string[] = []
  for (const line of frame.split('\n')) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const field = line.slice(0, colon)
    const value = line.slice(colon + 1).replace(/^ /, '')
    if (field === 'id') id = value
    else if (field === 'event') event = value
    else if (field === 'data') data.push(value)
  }
  return data.length === 0 ? null : { id, event, data: data.join('\n') }
}
