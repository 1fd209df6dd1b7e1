/** The frames of protomux: one message, or several together; taken apart and put together again. */
import c from 'compact-encoding'
import type { CodecState } from '../codec/codec.ts'

/** The channel on which channels are opened and closed. */
export const CONTROL = 0
const BATCH = 0
const OPEN = 1
const CLOSE = 3

/** One message: the sender's number of its channel, and what is said there, which begins with its type. */
export interface MuxMessage {
  readonly channel: number
  readonly body: Buffer
}

/** What a frame of our own mux holds, as views of it. */
export function messagesOf(frame: Uint8Array): MuxMessage[] {
  const state = { buffer: frame, start: 0, end: frame.byteLength }
  let channel = c.uint.decode(state)
  if (channel !== CONTROL || c.uint.decode({ ...state }) !== BATCH) {
    return [{ channel, body: rest(state) }]
  }
  state.start++
  const messages: MuxMessage[] = []
  channel = c.uint.decode(state)
  while (state.start < state.end) {
    const length = c.uint.decode(state)
    if (length === 0) {
      channel = c.uint.decode(state)
      continue
    }
    messages.push({ channel, body: rest(state, state.start + length) })
    state.start += length
  }
  return messages
}

/** The message's type. */
export function typeOf({ body }: MuxMessage): number {
  return c.uint.decode({ buffer: body, start: 0, end: body.byteLength })
}

/** The channel (by its sender's number) that a message on the control channel opens or closes; else null. */
export function channelOf({ channel, body }: MuxMessage): number | null {
  if (channel !== CONTROL) return null
  const state = { buffer: body, start: 0, end: body.byteLength }
  const type = c.uint.decode(state)
  return type === OPEN || type === CLOSE ? c.uint.decode(state) : null
}

/** Bytes that a message takes in a frame with others, at most. */
export function lengthOf({ channel, body }: MuxMessage): number {
  const state = { buffer: null, start: 0, end: 1 }
  c.uint.preencode(state, channel)
  c.uint.preencode(state, body.byteLength)
  return state.end + body.byteLength
}

/** The frame of one message alone. */
export function frameOf({ channel, body }: MuxMessage): Buffer {
  const state: CodecState = { buffer: null, start: 0, end: 0 }
  c.uint.preencode(state, channel)
  const buffer = Buffer.allocUnsafe(state.end + body.byteLength)
  c.uint.encode({ buffer, start: 0, end: buffer.byteLength }, channel)
  buffer.set(body, state.end)
  return buffer
}

/** One frame of several messages, in their order. */
export function frameOfAll(messages: readonly MuxMessage[]): Buffer {
  if (messages.length === 1) return frameOf(messages[0]!)
  const most = messages.reduce((sum, message) => sum + lengthOf(message), 2)
  const buffer = Buffer.allocUnsafe(most)
  const state = { buffer, start: 0, end: most }
  c.uint.encode(state, CONTROL)
  c.uint.encode(state, BATCH)
  let at: number | null = null
  for (const { channel, body } of messages) {
    if (channel !== at) {
      if (at !== null) buffer[state.start++] = 0
      c.uint.encode(state, (at = channel))
    }
    c.uint.encode(state, body.byteLength)
    buffer.set(body, state.start)
    state.start += body.byteLength
  }
  return buffer.subarray(0, state.start)
}

function rest({ buffer, start, end }: CodecState, until = end): Buffer {
  const { buffer: memory, byteOffset } = buffer!
  return Buffer.from(memory, byteOffset + start, until - start)
}
