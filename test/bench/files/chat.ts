import { monotonic, pause } from '../measure/timing.ts'
import type { FileNode } from './file-node.ts'

const EVERY_MS = 50
const WARM_UP_MS = 1_000
const LIMIT_MS = 60_000

/** Both write a message every 50 ms while something is done; gives how long each message of both took to be shown at the other. */
export async function chatDuring<T>(
  a: FileNode,
  b: FileNode,
  work: () => Promise<T>,
): Promise<{ result: T; delays: number[] }> {
  await Promise.all([
    a.user.call('talk', 'from a', EVERY_MS),
    b.user.call('talk', 'from b', EVERY_MS),
  ])
  await pause(WARM_UP_MS)
  const from = monotonic()
  const result = await work()
  const to = monotonic()
  const delays = [
    ...(await delaysBetween(a, b, 'from a', [from, to])),
    ...(await delaysBetween(b, a, 'from b', [from, to])),
  ]
  return { result, delays }
}

async function delaysBetween(
  writer: FileNode,
  reader: FileNode,
  prefix: string,
  [from, to]: readonly [number, number],
): Promise<number[]> {
  const written = await writer.user.call('quiet')
  const last = written.at(-1)
  if (last) await reader.user.callWithin(LIMIT_MS, 'seenAt', last[0])
  const seen = new Map(await reader.user.call('seen', prefix))
  // One that never came is as late as can be.
  return written
    .filter(([, at]) => at >= from && at <= to)
    .map(([text, at]) => (seen.get(text) ?? Infinity) - at)
}
