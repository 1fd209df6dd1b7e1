import { afterEach, describe, expect, test } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { systemRandom } from '../../core/random.ts'
import { Air } from './air.ts'
import { Stack } from './stack.ts'
import type { Family } from './stack.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function air(...names: string[]): Promise<{ air: Air; path: (name: string) => string }> {
  const made = new Air({ clock: systemClock, random: systemRandom })
  const folder = await mkdtemp(join(tmpdir(), 'porchlight-air-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  cleanups.push(() => made.close())
  const path = (name: string): string => join(folder, name)
  for (const name of names) await made.listen(path(name), name)
  return { air: made, path }
}

function stack(family: Family, path: string): Stack {
  const made = new Stack(family, path)
  cleanups.push(() => made.close())
  return made
}

const families: Family[] = ['stoprocent', 'abandonware']

describe.each(families)('%s on the emulated air', (family) => {
  test('two processes find each other, talk at an MTU of 517 and notice the end', async () => {
    const { path } = await air('a', 'b')
    const [a, b] = [stack(family, path('a')), stack(family, path('b'))]
    const address = await a.advertise('01c0ffee')
    await expect(b.dial('01c0ffee')).resolves.toEqual({ address, mtu: 517 })
    await a.heard('subscribed')
    await expect(b.echo(20, 20)).resolves.toHaveLength(20)
    await expect(b.echo(20, 514)).resolves.toHaveLength(20)
    await b.close('SIGKILL')
    await a.heard('unsubscribed')
  })
})
