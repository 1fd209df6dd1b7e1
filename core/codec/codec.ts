/**
 * Bounded codecs on compact-encoding: whatever a peer sends is limited in size and count before it is
 * used. Every decoder throws on bad input; `decodeExact` turns that into `MALFORMED`.
 */
import c from 'compact-encoding'
import { PorchlightError } from '../errors.ts'

export interface CodecState {
  start: number
  end: number
  buffer: Uint8Array | null
}

export interface Codec<T> {
  preencode(state: CodecState, value: T): void
  encode(state: CodecState, value: T): void
  decode(state: CodecState): T
}

function refuse(what: string): never {
  throw new PorchlightError('MALFORMED', `Malformed data: ${what}.`)
}

/** An integer in [0, max]; varint. */
export function bounded(max: number): Codec<number> {
  return {
    preencode: (s, v) => c.uint.preencode(s, v),
    encode: (s, v) => c.uint.encode(s, v),
    decode(s) {
      const v = c.uint.decode(s)
      return v <= max && Number.isSafeInteger(v) ? v : refuse(`number over ${max}`)
    },
  }
}

/** An integer in [0, 2^53). */
export const uint: Codec<number> = bounded(Number.MAX_SAFE_INTEGER)

/** Values of `codec` for which `ok` holds; any other is refused at both ends. `what` names it. */
export function checked<T>(codec: Codec<T>, ok: (value: T) => boolean, what: string): Codec<T> {
  return {
    preencode: (s, v) => codec.preencode(s, v),
    encode: (s, v) => (ok(v) ? codec.encode(s, v) : refuse(what)),
    decode(s) {
      const v = codec.decode(s)
      return ok(v) ? v : refuse(what)
    },
  }
}

/** Exactly `n` bytes, copied out of the frame. */
export function fixed(n: number): Codec<Buffer> {
  return {
    preencode(s) {
      s.end += n
    },
    encode(s, v) {
      if (v.byteLength !== n) refuse(`${v.byteLength} bytes where ${n} belong`)
      s.buffer!.set(v, s.start)
      s.start += n
    },
    decode(s) {
      if (s.end - s.start < n) refuse('truncated')
      const out = Buffer.from(s.buffer!.subarray(s.start, (s.start += n)))
      return out
    },
  }
}

/** At most `max` bytes behind their length, copied out of the frame. */
export function bytes(max: number): Codec<Buffer> {
  return {
    preencode(s, v) {
      c.uint.preencode(s, v.byteLength)
      s.end += v.byteLength
    },
    encode(s, v) {
      if (v.byteLength > max) refuse(`${v.byteLength} bytes, at most ${max} allowed`)
      c.uint.encode(s, v.byteLength)
      s.buffer!.set(v, s.start)
      s.start += v.byteLength
    },
    decode(s) {
      const n = c.uint.decode(s)
      if (n > max) refuse(`${n} bytes, at most ${max} allowed`)
      if (s.end - s.start < n) refuse('truncated')
      return Buffer.from(s.buffer!.subarray(s.start, (s.start += n)))
    },
  }
}

/** Like `bytes`, but a view of the frame, not a copy: for who uses it before the handler returns. */
export function view(max: number): Codec<Buffer> {
  const copied = bytes(max)
  return {
    preencode: (s, v) => copied.preencode(s, v),
    encode: (s, v) => copied.encode(s, v),
    decode(s) {
      const n = c.uint.decode(s)
      if (n > max) refuse(`${n} bytes, at most ${max} allowed`)
      if (s.end - s.start < n) refuse('truncated')
      const { buffer, byteOffset } = s.buffer!
      const out = Buffer.from(buffer, byteOffset + s.start, n)
      s.start += n
      return out
    },
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 of at most `max` bytes; ill-formed text is refused. */
export function text(max: number): Codec<string> {
  const raw = bytes(max)
  return {
    preencode: (s, v) => raw.preencode(s, Buffer.from(v)),
    encode: (s, v) => raw.encode(s, Buffer.from(v)),
    decode: (s) => strictUtf8.decode(raw.decode(s)),
  }
}

/** At most `max` items behind their count. */
export function list<T>(item: Codec<T>, max: number): Codec<T[]> {
  return {
    preencode(s, v) {
      c.uint.preencode(s, v.length)
      for (const x of v) item.preencode(s, x)
    },
    encode(s, v) {
      if (v.length > max) refuse(`${v.length} items, at most ${max} allowed`)
      c.uint.encode(s, v.length)
      for (const x of v) item.encode(s, x)
    },
    decode(s) {
      const n = c.uint.decode(s)
      if (n > max) refuse(`${n} items, at most ${max} allowed`)
      const out: T[] = []
      for (let i = 0; i < n; i++) out.push(item.decode(s))
      return out
    },
  }
}

/** A value that may be absent (null). */
export function optional<T>(item: Codec<T>): Codec<T | null> {
  const flag = bounded(1)
  return {
    preencode(s, v) {
      flag.preencode(s, v === null ? 0 : 1)
      if (v !== null) item.preencode(s, v)
    },
    encode(s, v) {
      flag.encode(s, v === null ? 0 : 1)
      if (v !== null) item.encode(s, v)
    },
    decode: (s) => (flag.decode(s) === 1 ? item.decode(s) : null),
  }
}

/** Fields one after another, in the order given. */
export function struct<T extends object>(fields: { [K in keyof T]: Codec<T[K]> }): Codec<T> {
  const names = Object.keys(fields) as (keyof T)[]
  return {
    preencode(s, v) {
      for (const name of names) fields[name].preencode(s, v[name])
    },
    encode(s, v) {
      for (const name of names) fields[name].encode(s, v[name])
    },
    decode(s) {
      const out = {} as T
      for (const name of names) out[name] = fields[name].decode(s)
      return out
    },
  }
}

/** A tagged union: the variant's number, then its fields. An unknown number is refused. */
export function union<T extends { type: string }>(variants: {
  [K in T['type']]: [number, Codec<Omit<Extract<T, { type: K }>, 'type'>>]
}): Codec<T> {
  const entries = Object.entries(variants) as [T['type'], [number, Codec<object>]][]
  const byType = new Map(entries)
  const byNumber = new Map(entries.map(([type, [n, codec]]) => [n, { type, codec }]))
  const tag = bounded(255)
  return {
    preencode(s, v) {
      const [n, codec] = byType.get(v.type)!
      tag.preencode(s, n)
      codec.preencode(s, v)
    },
    encode(s, v) {
      const [n, codec] = byType.get(v.type)!
      tag.encode(s, n)
      codec.encode(s, v)
    },
    decode(s) {
      const variant = byNumber.get(tag.decode(s))
      if (!variant) return refuse('unknown kind')
      return { ...variant.codec.decode(s), type: variant.type } as unknown as T
    },
  }
}

/** Encodes into a fresh buffer. */
export function encode<T>(codec: Codec<T>, value: T): Buffer {
  const state: CodecState = { start: 0, end: 0, buffer: null }
  codec.preencode(state, value)
  const buffer = Buffer.allocUnsafe(state.end)
  state.buffer = buffer
  codec.encode(state, value)
  return buffer
}

/** Decodes all of `buffer`. Errors: `MALFORMED` for anything else than exactly one value. */
export function decodeExact<T>(codec: Codec<T>, buffer: Uint8Array): T {
  const state: CodecState = { start: 0, end: buffer.byteLength, buffer }
  let value: T
  try {
    value = codec.decode(state)
  } catch (cause) {
    if (cause instanceof PorchlightError) throw cause
    throw new PorchlightError('MALFORMED', 'Malformed data: truncated or ill-formed.', { cause })
  }
  return state.start === state.end ? value : refuse('trailing bytes')
}

/** `decodeExact`, or null when the input is malformed. */
export function tryDecode<T>(codec: Codec<T>, buffer: Uint8Array): T | null {
  try {
    return decodeExact(codec, buffer)
  } catch {
    return null
  }
}
