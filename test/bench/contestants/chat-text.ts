const SENTENCE =
  ' the kettle is on and the door is open, come over before the rain starts and bring the small lantern with you please'

/** How long every message of the benchmarks is, in characters. */
export const TEXT_LENGTH = 120

/** The n-th message somebody writes: 120 characters, different from all others. */
export function chatText(author: string, n: number): string {
  return `${author} ${n}${SENTENCE}`.padEnd(TEXT_LENGTH, '.').slice(0, TEXT_LENGTH)
}
