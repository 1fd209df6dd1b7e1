import { expect } from '@jest/globals'
import { labTest } from '../setup/lab-test.ts'
import { BTVIRT_PACKAGES, Btvirt } from './btvirt.ts'
import { Stack } from './stack.ts'
import type { Family } from './stack.ts'

const families: Family[] = ['stoprocent', 'abandonware']

for (const family of families) {
  await labTest(
    `${family} finds, dials and talks on BlueZ's own emulated controllers`,
    { packages: BTVIRT_PACKAGES },
    async () => {
      const btvirt = await Btvirt.start()
      const [a, b] = [new Stack(family, btvirt), new Stack(family, btvirt)]
      try {
        const address = await a.advertise('01c0ffee')
        await expect(b.dial('01c0ffee')).resolves.toEqual({ address, mtu: 517 })
        await a.heard('subscribed')
        await expect(b.echo(20, 20)).resolves.toHaveLength(20)
        await expect(b.echo(20, 514)).resolves.toHaveLength(20)
      } finally {
        await a.close()
        await b.close()
        await btvirt.close()
      }
    },
  )
}
