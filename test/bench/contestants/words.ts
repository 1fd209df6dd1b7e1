import { seededRandom } from '../../../core/random.ts'
import type { Random } from '../../../core/random.ts'

const SIZE = 40_000
const [CONSONANTS, VOWELS] = ['bcdfghklmnprstvw', 'aeiou']

/** Texts as people write them: words by Zipf's law out of 40,000, 3 to 16 of them. */
export class Words {
  readonly #random: Random
  readonly #all: readonly string[]

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#all = Array.from({ length: SIZE }, (_, n) => this.#invent(n))
  }

  text(): string {
    const count = 3 + this.#below(14)
    return Array.from({ length: count }, () => this.common()).join(' ')
  }

  /** A word as often as it is used. */
  common(): string {
    const rank = Math.exp(this.#random.float() * Math.log(SIZE))
    return this.#all[Math.min(SIZE - 1, Math.floor(rank) - 1)]!
  }

  /** Any word, mostly rare ones. */
  any(): string {
    return this.#all[this.#below(SIZE)]!
  }

  #invent(n: number): string {
    let word = ''
    for (let syllables = 2 + this.#below(3); syllables > 0; syllables--) {
      word += CONSONANTS[this.#below(CONSONANTS.length)]! + VOWELS[this.#below(VOWELS.length)]!
    }
    return n < SIZE / 2 ? word : `${word}${n}`
  }

  #below(n: number): number {
    return Math.floor(this.#random.float() * n)
  }
}
