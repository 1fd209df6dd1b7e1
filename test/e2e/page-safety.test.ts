import { expect } from '@jest/globals'
import type { Page } from 'playwright-core'
import { PageTests, type Scene, type TabOptions } from './page-scene.ts'
import { comes, until } from './until.ts'

const tests = new PageTests()
const HOSTILE = '<img src=x onerror="window.owned=1">'
const RTL = '\u202egnp.exe'

/** A lively room with hostile names in it, open at Ben's page. */
async function hostileRoom(scene: Scene, options: TabOptions = {}) {
  const ben = await scene.person('Ben', options)
  const mallory = scene.neighbour(HOSTILE)
  const { id } = await mallory.createRoom(`${HOSTILE}${'W'.repeat(200)}`)
  await ben.node.engine.join(`porchlight:${id}`)
  const link = 'https://outside.example/?q=<script>'
  mallory.write(id, [HOSTILE, `${RTL} ${link}`, 'javascript:window.owned=1', 'x'.repeat(3_000)])
  const [mine] = ben.node.engine.write(id, ['mine'])
  await mallory.react(id, mine!.id, '👍', true)
  await mallory.pin(id, mine!.id, true)
  mallory.write(id, [HOSTILE], { location: { latitude: 1e300, longitude: 0, label: HOSTILE } })
  mallory.write(id, [`@Ben **${HOSTILE}**\n> - \`x\``], { expiresIn: 86_400_000 })
  const content = Buffer.from(HOSTILE)
  const files = [`${HOSTILE}.txt`, `${'W'.repeat(200)}${RTL}`, 'a.png', 'a.mp4'].map((name) =>
    mallory.give(
      id,
      { name, type: name.endsWith('4') ? 'video/mp4' : 'image/png', content },
      HOSTILE,
    ),
  )
  const folder = { type: 'inode/directory', content: new Map([[`${HOSTILE}/${RTL}`, content]]) }
  mallory.give(id, { name: HOSTILE, ...folder })
  ben.node.engine.files.arrive(id, files[0]!.id)
  ben.node.engine.files.move(id, files[1]!.id, { state: 'failed', words: HOSTILE })
  ben.node.engine.files.move(id, files[2]!.id, { state: 'downloading', have: 3, rate: 2 })
  scene.street.rooms.get(id)!.roles.set(ben.node.engine, 'admin')
  ben.node.engine.people.warn(mallory.personId, 'name-taken')
  ben.node.engine.near = [{ id: 'x', name: HOSTILE, transport: HOSTILE, rooms: [id], since: 0 }]
  ben.node.engine.emit('peers')
  ben.node.findings = [{ check: HOSTILE, ok: false, says: HOSTILE, fix: HOSTILE }]
  await ben.page.getByRole('link', { name: /onerror/ }).click()
  await ben.page.getByText('mine').first().waitFor()
  return ben
}

/** Opens every place of the page in turn, and closes it again. */
async function everywhere(page: Page, look: (place: string) => Promise<void>): Promise<void> {
  const open = async (names: readonly (string | RegExp)[]): Promise<void> => {
    for (const name of names) {
      await page.getByRole('button', { name }).first().click()
      await page.locator('dialog[open]').waitFor()
      await until(async () => !(await page.getByText('Making an invite').isVisible()), 'an invite')
      await look(String(name))
    }
    await page.keyboard.press('Escape')
    await page.locator('dialog[open]').waitFor({ state: 'detached' })
  }
  await look('room')
  const narrow = await page.getByRole('button', { name: 'Back to your rooms' }).isVisible()
  await open(['Invite people'])
  await open(['Room settings', 'Leave this room'])
  await open(['Files of this room', /^Delete /])
  await open(['Files of this room', 'What is fetched and kept'])
  await open([/\d+ people/, /onerror.*(Admin|Member)/, 'Compare codes', 'Mute', 'Ban'])
  await open([/^More about/, 'Other reactions'])
  await open(['Timer and place', 'Send a place…'])
  await page.getByRole('textbox', { name: 'Message' }).pressSequentially('@')
  await page.getByRole('option').first().waitFor()
  await look('mentions')
  await page.getByRole('textbox', { name: 'Message' }).fill('')
  if (narrow) await page.getByRole('button', { name: 'Back to your rooms' }).click()
  await page.getByRole('searchbox').fill('onerror')
  await page.locator('.hit mark').first().waitFor()
  await look('search')
  await page.getByRole('searchbox').fill('')
  for (const name of ['New room', 'Join room', /device near/, 'Health check']) await open([name])
  await open(['You: Ben', /Your devices/, 'Add a device'])
  await open(['You: Ben', /Your 24 words/, /show them/])
  await open(['You: Ben', /Passphrase and lock/])
  await open(['You: Ben', /Erase everything/])
}

await tests.add(
  'what peers call themselves, and write, is text wherever it is shown',
  async (scene) => {
    const { page, complaints } = await hostileRoom(scene)
    await everywhere(page, async (place) => {
      expect({ place, made: await page.locator('img, script:not([src]), iframe').count() }).toEqual(
        {
          place,
          made: 0,
        },
      )
    })
    await comes(() => page.locator('.message .text').first().innerText(), HOSTILE)
    await comes(() => page.locator('.author bdi').first().innerText(), HOSTILE)
    expect(await page.evaluate('window.owned')).toBeUndefined()
    const links = page.locator('.message a')
    await comes(() => links.count(), 1)
    await comes(() => links.first().getAttribute('href'), 'https://outside.example/?q=')
    expect(await links.first().getAttribute('rel')).toContain('noopener')
    await comes(() => links.first().getAttribute('target'), '_blank')
    expect(complaints).toEqual([])
  },
)

await tests.add(
  'every control has a name, and every text enough contrast, by day and by night',
  async (scene) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await hostileRoom(scene, { colorScheme, reducedMotion: 'reduce' })
      const session = await page.context().newCDPSession(page)
      await everywhere(page, async (place) => {
        const { nodes } = await session.send('Accessibility.getFullAXTree')
        const nameless = nodes.filter(
          ({ ignored, role, name }) =>
            !ignored &&
            /^(button|link|textbox|switch|combobox|dialog|region|image|navigation)$/.test(
              String(role?.value),
            ) &&
            String(name?.value ?? '').trim() === '',
        )
        expect({ place, nameless: nameless.map(({ role }) => role?.value) }).toEqual({
          place,
          nameless: [],
        })
        expect({ place, faint: await page.evaluate(FAINT_TEXT) }).toEqual({ place, faint: [] })
      })
    }
  },
)

await tests.add('nothing is wider than a 320 px screen', async (scene) => {
  const { page, complaints } = await hostileRoom(scene, {
    viewport: { width: 320, height: 568 },
    isMobile: true,
    hasTouch: true,
  })
  await everywhere(page, async (place) => {
    const widths = await page.evaluate<number[]>(
      `[...document.querySelectorAll('html, .timeline, .dialog-body, .sidebar, .rooms')].map((e) => e.scrollWidth - e.clientWidth)`,
    )
    expect({ place, over: widths.filter((over) => over > 0) }).toEqual({ place, over: [] })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
  })
  expect(complaints).toEqual([])
})

await tests.add(
  'works where the browser offers no crypto, no worker and no clipboard',
  async (scene) => {
    const initScript = `
    delete Crypto.prototype.subtle
    delete Crypto.prototype.randomUUID
    delete Navigator.prototype.serviceWorker
    delete Navigator.prototype.clipboard
  `
    const { page, complaints } = await scene.person('Ben', { initScript })
    await page.getByRole('button', { name: 'Make a room' }).click()
    await page.getByLabel('Name of the room').fill('Maple Street')
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Message' }).fill('hello')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('Saved here, not passed on yet').waitFor()
    await page.getByRole('button', { name: 'Invite people' }).click()
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByRole('button', { name: 'Selected: press Ctrl+C' }).waitFor()
    expect(await page.evaluate('String(getSelection())')).toMatch(/^porchlight:/)
    expect(complaints).toEqual([])
  },
)

await tests.add(
  'the code leaves the address bar and is not kept; the keyboard alone is enough',
  async (scene) => {
    const { page } = await scene.person('Ben')
    await page.getByRole('heading', { name: 'The light is on' }).waitFor()
    expect(page.url()).not.toContain('code')
    expect(await page.evaluate('JSON.stringify({...localStorage}) + document.cookie')).toBe('{}')
    const opener = page.getByRole('button', { name: 'New room' })
    await opener.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await comes(() => page.evaluate('document.activeElement.tagName'), 'INPUT')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await comes(() => opener.evaluate((element) => element.matches(':focus')), true)
    await page.keyboard.press('Enter')
    await page.keyboard.type('Maple Street')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Maple Street' }).waitFor()
    await until(
      () =>
        page.evaluate<boolean>(`document.activeElement.getAttribute('aria-label') === 'Message'`),
      'the message box has the focus',
    )
  },
)

/** Texts whose contrast with what is painted behind them is below WCAG AA. */
const FAINT_TEXT = `(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number)
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => {
      const v = c / 255
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor)
      if (color.length === 3 || color[3] === 1) return color
    }
    return [255, 255, 255]
  }
  const faint = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    const box = element.getBoundingClientRect()
    if (!walker.currentNode.data.trim() || box.width < 2 || box.height < 2) continue
    const style = getComputedStyle(element)
    const [a, b] = [light(parse(style.color)), light(ground(element))].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    if (ratio < 4.5) faint.push(element.className + ' ' + ratio.toFixed(2) + ' ' + walker.currentNode.data.slice(0, 40))
  }
  return faint
})()`
