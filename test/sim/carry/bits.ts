/** A set of messages, one bit each. */
export type Bits = Uint32Array

export function has(bits: Bits, i: number): boolean {
  return (bits[i >>> 5]! & (1 << (i & 31))) !== 0
}

export function put(bits: Bits, i: number): void {
  bits[i >>> 5]! |= 1 << (i & 31)
}

export function take(bits: Bits, i: number): void {
  bits[i >>> 5]! &= ~(1 << (i & 31))
}

/** Each set bit of one word, the lowest first. */
export function forEachBit(word: number, index: number, call: (i: number) => void): void {
  for (let left = word; left !== 0; left &= left - 1) {
    call((index << 5) + 31 - Math.clz32(left & -left))
  }
}
