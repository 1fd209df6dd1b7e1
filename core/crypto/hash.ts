import sodium from 'sodium-native'

/** BLAKE2b of the parts one after another, `size` bytes (16–64, default 32), keyed when `key` is given (RFC 7693). */
export function hash(
  parts: readonly Uint8Array[],
  options: { key?: Uint8Array; size?: number } = {},
): Buffer {
  const out = Buffer.alloc(options.size ?? 32)
  sodium.crypto_generichash_batch(out, [...parts], options.key)
  return out
}

/** A 32-byte key or id for one purpose: BLAKE2b keyed with `secret` over a label and a context. */
export function derive(secret: Uint8Array, label: string, ...context: Uint8Array[]): Buffer {
  return hash([Buffer.from(`porchlight/${label}/1\0`), ...context], { key: secret })
}

/** Equality in constant time; false for different lengths. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && sodium.sodium_memcmp(a, b)
}
