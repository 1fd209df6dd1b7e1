import { expect } from '@jest/globals'

/** Generous: on a busy computer a page or a command takes many times what it takes alone. */
export const LIMIT_MS = 120_000

const POLL_MS = 5

const nap = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_MS))

/** Polls until the condition holds; fails after a generous limit. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = String(condition),
  limit = LIMIT_MS,
): Promise<void> {
  const end = Date.now() + limit
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`never came true: ${what}`)
    await nap()
  }
}

/** Polls until what is read equals what is expected; fails with how it differs after a generous limit. */
export async function comes<T>(read: () => T | Promise<T>, expected: unknown): Promise<void> {
  const end = Date.now() + LIMIT_MS
  for (;;) {
    const got = await read()
    try {
      return expect(got).toEqual(expected)
    } catch (error) {
      if (Date.now() > end) throw error
    }
    await nap()
  }
}
