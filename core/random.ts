import sodium from 'sodium-native'

/** The only source of chance: passed in everywhere, so that a run can be repeated from its seed. */
export interface Random {
  /** `n` bytes; unpredictable to others in `systemRandom`. */
  bytes(n: number): Buffer
  /** A number in [0, 1). */
  float(): number
}

/** The operating system's generator. */
export const systemRandom: Random = {
  bytes: systemBytes,
  float: () => systemBytes(4).readUInt32LE(0) / 2 ** 32,
}

/** By libsodium: node's own generator takes 40 µs for the few bytes of a nonce. */
function systemBytes(n: number): Buffer {
  const bytes = Buffer.alloc(n)
  if (n > 0) sodium.randombytes_buf(bytes)
  return bytes
}

/** A repeatable generator for simulations and tests: mulberry32 over a 32-bit seed. Never for keys in use. */
export function seededRandom(seed: number): Random {
  let a = seed >>> 0
  const next = (): number => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  return {
    bytes(n) {
      const out = Buffer.alloc(n)
      for (let i = 0; i < n; i++) out[i] = next() & 0xff
      return out
    },
    float: () => next() / 2 ** 32,
  }
}

/** Puts a list in random order, in place (Fisher and Yates); gives it. */
export function shuffle<T>(list: T[], random: Random): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random.float() * (i + 1))
    const held = list[i]!
    list[i] = list[j]!
    list[j] = held
  }
  return list
}
