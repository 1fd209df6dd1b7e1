import { expect } from '@jest/globals'
import type { Page } from 'playwright-core'
import { systemClock } from '../../core/clock.ts'
import { seededRandom } from '../../core/random.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import { engines } from '../compliance/engines.ts'
import { picture, saved, sound } from './page-media.ts'
import { PageTests } from './page-scene.ts'
import { comes, until } from './until.ts'

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
      // The guest has it on screen.
      await host.page.getByText('Read by 1 person').waitFor()
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

await tests.add(
  'two real engines: marks, changes, search, verification, and a removal',
  async (scene) => {
    const network = new MemoryNetwork({ clock: systemClock, random: seededRandom(8) })
    const pair = await engines(network.transport('a'), network.transport('b'))
    try {
      const { id } = await pair.host.createRoom('Maple Street')
      await pair.guest.join(await pair.host.invite(id))
      const host = await scene.seat(pair.host)
      const guest = await scene.seat(pair.guest)
      for (const { page } of [host, guest])
        await page.getByRole('link', { name: /Maple Street/ }).click()
      const menu = async (page: Page, text: string, item: string): Promise<void> => {
        const row = page.locator('.message', { hasText: text })
        await row.hover()
        await row.getByRole('button', { name: /^More about/ }).click()
        await page.getByRole('button', { name: item }).click()
      }
      const write = async (page: Page, text: string): Promise<void> => {
        await page.getByRole('textbox', { name: 'Message' }).fill(text)
        await page.getByRole('textbox', { name: 'Message' }).press('Enter')
      }

      await write(host.page, '@Guest the **pump** is open')
      await guest.page.locator('.mention.self', { hasText: '@Guest' }).waitFor()
      await menu(guest.page, 'the pump is open', 'React with 👍')
      await host.page.getByRole('button', { name: '👍 from 1 person' }).waitFor()
      await menu(host.page, 'the pump is open', 'Pin for everyone')
      const pins = guest.page.getByRole('region', { name: 'Pinned messages' })
      await pins.getByText('the pump is open').waitFor()

      await write(guest.page, 'I bring to cans')
      await guest.page.locator('.message', { hasText: 'to cans' }).waitFor()
      await guest.page.getByRole('textbox', { name: 'Message' }).press('ArrowUp')
      await write(guest.page, 'I bring two cans')
      await host.page.locator('.message', { hasText: 'I bring two cans' }).waitFor()
      await menu(guest.page, 'two cans', 'Delete for everyone…')
      await guest.page.getByRole('button', { name: 'Delete', exact: true }).click()
      await host.page.getByText('This message was deleted.').waitFor()

      await guest.page.getByRole('searchbox').fill('pum')
      await guest.page.locator('.hit mark', { hasText: 'pum' }).waitFor()
      await guest.page.getByRole('searchbox').fill('')

      const codes: string[] = []
      for (const { page } of [host, guest]) {
        await page.getByRole('button', { name: /^2 people/ }).click()
        await page
          .getByRole('dialog')
          .getByRole('button', { name: /Host|Guest/ })
          .click()
        await page.getByRole('button', { name: 'Compare codes' }).click()
        codes.push(await page.getByRole('list', { name: 'The code to compare' }).innerText())
      }
      expect(codes[0]).toMatch(/^(\d{5}\s*){6}$/)
      expect(codes[1]).toBe(codes[0])
      await host.page.getByRole('button', { name: 'They match' }).click()
      await host.page.getByText('Verified: you compared codes in person.').waitFor()

      await host.page.getByRole('button', { name: 'Remove', exact: true }).click()
      await host.page.getByRole('button', { name: 'Yes, do it' }).click()
      await host.page.getByRole('button', { name: /^1 person/ }).waitFor()
      await guest.page.keyboard.press('Escape')
      await guest.page.getByText('You were removed from this room.').waitFor()
      await comes(() => guest.page.locator('.message', { hasText: 'the pump is open' }).count(), 1)
      expect([...host.complaints, ...guest.complaints]).toEqual([])
    } finally {
      await pair.close()
    }
  },
)

await tests.add('two real engines: a new device becomes one of the same person', async (scene) => {
  const network = new MemoryNetwork({ clock: systemClock, random: seededRandom(9) })
  const pair = await engines(network.transport('a'), network.transport('b'))
  try {
    const { id } = await pair.host.createRoom('Maple Street')
    await pair.host.send(id, 'written before')
    const host = await scene.seat(pair.host)
    const guest = await scene.seat(pair.guest)
    await host.page.getByRole('button', { name: 'You: Host' }).click()
    await host.page.getByRole('button', { name: /Your devices/ }).click()
    await host.page.getByRole('button', { name: 'Add a device' }).click()
    const code = await host.page.getByLabel('Pairing code', { exact: true }).inputValue()
    await guest.page.getByRole('button', { name: 'You: Guest' }).click()
    await guest.page.getByRole('button', { name: /Your devices/ }).click()
    await guest.page.getByRole('button', { name: 'I have Porchlight elsewhere' }).click()
    await guest.page.getByLabel('The code it shows').fill(code)
    await guest.page.getByLabel('What to call this device').fill('Kitchen')
    await guest.page.getByRole('button', { name: 'Make this device mine' }).click()
    const digits = host.page.locator('.digits')
    await digits.waitFor()
    await guest.page.locator('.digits').waitFor()
    expect(await digits.innerText()).toMatch(/^\d{6}$/)
    await comes(() => guest.page.locator('.digits').innerText(), await digits.innerText())
    await host.page.getByRole('button', { name: 'Yes, the same' }).click()
    await host.page.getByRole('dialog').getByText('Kitchen').waitFor()
    await guest.page.keyboard.press('Escape')
    await guest.page.getByRole('link', { name: /Maple Street/ }).click()
    await guest.page.locator('.message.own', { hasText: 'written before' }).waitFor()
    await guest.page.getByRole('button', { name: 'You: Host' }).waitFor()
    expect([...host.complaints, ...guest.complaints]).toEqual([])
  } finally {
    await pair.close()
  }
})

await tests.add(
  'two real engines: a picture, and a film that plays while it arrives',
  async (scene) => {
    const network = new MemoryNetwork({ clock: systemClock, random: seededRandom(10) })
    const pair = await engines(network.transport('a'), network.transport('b'))
    try {
      const { id } = await pair.host.createRoom('Maple Street')
      await pair.guest.join(await pair.host.invite(id))
      const host = await scene.seat(pair.host)
      const guest = await scene.seat(pair.guest)
      for (const { page } of [host, guest])
        await page.getByRole('link', { name: /Maple Street/ }).click()
      const buffer = await picture(640)
      const photo = { name: 'bridge.jpg', mimeType: 'image/jpeg', buffer }
      await host.page.getByLabel('Files to send').setInputFiles([photo])
      await host.page.getByRole('textbox', { name: 'Message' }).fill('The bridge')
      await host.page.getByRole('textbox', { name: 'Message' }).press('Enter')
      const arrived = guest.page.locator('.message', { hasText: 'The bridge' }).locator('img.full')
      await until(
        () => arrived.evaluate<boolean, { naturalWidth: number }>((it) => it.naturalWidth === 640),
        'it is shown there',
      )
      await guest.page.locator('.message img.preview').waitFor()
      expect(
        await saved(guest.page, () =>
          guest.page.getByRole('button', { name: 'Save bridge.jpg' }).click(),
        ),
      ).toEqual({ name: 'bridge.jpg', bytes: buffer })

      // Slow enough that it is under way still when a busy computer has got to its end.
      network.shape({ bandwidth: 250_000 })
      const film = { name: 'walk.webm', mimeType: 'video/webm', buffer: sound(4_000) }
      await host.page.getByLabel('Files to send').setInputFiles([film])
      await host.page.getByRole('button', { name: 'Send', exact: true }).click()
      const row = guest.page.locator('.message', { hasText: 'walk.webm' })
      await row.getByText(/Not here/).waitFor()
      await row.getByRole('button', { name: 'Play walk.webm' }).click()
      interface Film {
        currentTime: number
      }
      const video = guest.page.locator('video')
      const now = (): Promise<number> =>
        video.evaluate<number, Film>(({ currentTime }) => currentTime)
      await until(async () => (await now()) > 0.2, 'it plays')
      await video.evaluate<void, Film>((it) => {
        it.currentTime = 3_900
      })
      await until(async () => (await now()) > 3_900.2, 'it plays from there')
      const [, half] = await pair.guest.files.list(id)
      expect(half).toMatchObject({ name: 'walk.webm', state: 'downloading' })
      network.shape({ bandwidth: Infinity })
      await row.getByRole('button', { name: 'Save walk.webm' }).waitFor()
      await host.page.getByRole('button', { name: 'Files of this room' }).click()
      const list = host.page.getByRole('dialog')
      await list.getByRole('button', { name: 'Delete walk.webm' }).click()
      await list.getByRole('button', { name: 'Delete for everyone' }).click()
      await row.waitFor({ state: 'detached' })
      await guest.page.getByText('This message was deleted.').waitFor()
      expect((await pair.guest.files.list(id)).map(({ name }) => name)).toEqual(['bridge.jpg'])
      expect([...host.complaints, ...guest.complaints]).toEqual([])
    } finally {
      await pair.close()
    }
  },
)
