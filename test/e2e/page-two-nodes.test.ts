import { expect } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import { seededRandom } from '../../core/random.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import { engines } from '../compliance/engines.ts'
import { PageTests } from './page-scene.ts'

const tests = new PageTests()

await tests.add(
  'two real engines: an invite, words both ways, and the truth of delivery',
  async (scene) => {
    const network = new MemoryNetwork({ clock: systemClock, random: seededRandom(7) })
    const pair = await engines(network.transport('a'), network.transport('b'))
    try {
      const host = await scene.seat(pair.host)
      const guest = await scene.seat(pair.guest)
      await host.page.getByRole('button', { name: 'Make a room' }).click()
      await host.page.getByLabel('Name of the room').fill('Maple Street')
      await host.page.keyboard.press('Enter')
      const hostBox = host.page.getByRole('textbox', { name: 'Message' })
      await hostBox.fill('Is anybody there?')
      await host.page.keyboard.press('Enter')
      await host.page.getByText('Saved here, not passed on yet').waitFor()
      await host.page.getByRole('button', { name: 'Invite people' }).click()
      const invite = await host.page.getByLabel('Invite link').inputValue()
      await host.page.keyboard.press('Escape')

      await guest.page.getByRole('button', { name: 'Join with an invite' }).click()
      await guest.page
        .getByLabel('The invite you were given')
        .fill(`> ${invite.slice(0, 60)}\n> ${invite.slice(60)}`)
      await guest.page.getByRole('button', { name: 'Join', exact: true }).click()
      await guest.page.locator('.message', { hasText: 'Is anybody there?' }).waitFor()
      await host.page.getByText('Delivered to 1 device').waitFor()
      await guest.page.getByRole('textbox', { name: 'Message' }).fill('We are, all four of us')
      await guest.page.keyboard.press('Enter')
      await host.page.locator('.message', { hasText: 'We are, all four of us' }).waitFor()
      await host.page.getByRole('button', { name: /2 people, 1 here now/ }).click()
      const people = host.page.getByRole('dialog', { name: 'People in this room' })
      await people.getByText('Guest').waitFor()
      expect([...host.complaints, ...guest.complaints]).toEqual([])
    } finally {
      await pair.close()
    }
  },
)
