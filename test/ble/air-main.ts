/**
 * The air as a process of its own, for labs: one JSON object a line on standard input, one answer a line on standard
 * output. It ends with its input.
 */
import { createInterface } from 'node:readline'
import { systemClock } from '../../core/clock.ts'
import { seededRandom, systemRandom } from '../../core/random.ts'
import { Air } from './air.ts'
import { obey } from './air-orders.ts'

const seed = process.env.PORCHLIGHT_AIR_SEED
const random = seed === undefined ? systemRandom : seededRandom(Number(seed))
const air = new Air({ clock: systemClock, random })

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === '') continue
  const answer = await obey(air, line)
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
await air.close()
