import { expect } from '@jest/globals'
import type { Page } from 'playwright-core'
import { PageTests, type Scene, type TabOptions } from './page-scene.ts'
import { comes, until } from './until.ts'

const tests = new PageTests()

/** Ben at his page, in Cleo's room. */
async function room(scene: Scene, texts: readonly string[] = [], options: TabOptions = {}) {
  const ben = await scene.person('Ben', options)
  const cleo = scene.neighbour('Cleo')
  const { id } = await cleo.createRoom('Maple Street')
  await ben.node.engine.join(`porchlight:${id}`)
  cleo.write(id, texts)
  await ben.page.getByRole('link', { name: /Maple Street/ }).click()
  const box = ben.page.getByRole('textbox', { name: 'Message' })
  await box.waitFor()
  return { ...ben, ben: ben.node.engine, cleo, id, box, street: scene.street.rooms.get(id)! }
}

async function menu(page: Page, text: string): Promise<void> {
  const row = page.locator('.message', { hasText: text })
  await row.hover()
  await row.getByRole('button', { name: /^More about/ }).click()
}

await tests.add('reactions are given, counted, and taken back', async (scene) => {
  const { page, cleo, id, complaints } = await room(scene, ['Who has water?'])
  const [message] = (await cleo.messages(id)).messages
  await menu(page, 'Who has water?')
  await page.getByRole('button', { name: 'React with 🙏' }).click()
  const mark = page.getByRole('button', { name: /^🙏 from/ })
  await mark.waitFor()
  await cleo.react(id, message!.id, '🙏', true)
  await page.getByRole('button', { name: '🙏 from 2 people' }).waitFor()
  await comes(() => mark.getAttribute('aria-pressed'), 'true')
  await mark.click()
  await page.getByRole('button', { name: '🙏 from 1 person' }).waitFor()
  await comes(() => mark.getAttribute('aria-pressed'), 'false')
  await menu(page, 'Who has water?')
  await page.getByRole('button', { name: 'Other reactions' }).click()
  await page.getByLabel('Or type one').fill('🦊 and more')
  await page.getByRole('button', { name: 'React', exact: true }).click()
  await page.getByRole('button', { name: '🦊 from 1 person' }).waitFor()
  expect(complaints).toEqual([])
})

await tests.add(
  'the arrow up changes the last own message; what was being written comes back',
  async (scene) => {
    const { page, ben, id, box } = await room(scene, ['hello'])
    ben.write(id, ['I have to cans'])
    await page.locator('.message', { hasText: 'to cans' }).waitFor()
    await box.press('ArrowUp')
    await until(async () => (await box.inputValue()) === 'I have to cans', 'the text is in the box')
    await box.fill('I have two cans')
    await box.press('Enter')
    const row = page.locator('.message', { hasText: 'I have two cans' })
    await row.getByText('changed').waitFor()
    await box.fill('a draft')
    await menu(page, 'two cans')
    await page.getByRole('button', { name: 'Change the text' }).click()
    await until(
      async () => (await box.inputValue()) === 'I have two cans',
      'it can be changed again',
    )
    await page.keyboard.press('Escape')
    await until(async () => (await box.inputValue()) === 'a draft', 'the draft is back')
    expect((await ben.messages(id)).messages.at(-1)).toMatchObject({ text: 'I have two cans' })
  },
)

await tests.add(
  'deleting asks first, and leaves a mark; others’ deletions show at once',
  async (scene) => {
    const { page, ben, cleo, id } = await room(scene, ['a secret of Cleo'])
    ben.write(id, ['a slip of mine'])
    await menu(page, 'a slip of mine')
    await page.getByRole('button', { name: 'Delete for everyone…' }).click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    await menu(page, 'a slip of mine')
    await page.getByRole('button', { name: 'Delete for everyone…' }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('You deleted this message.').waitFor()
    await comes(() => page.getByText('a slip of mine').count(), 0)
    await cleo.remove(id, (await cleo.messages(id)).messages[0]!.id)
    await page.getByText('This message was deleted.').waitFor()
    await comes(() => page.locator('.message', { hasText: 'a secret of Cleo' }).count(), 0)
  },
)

await tests.add('moderators pin and hide; a pin leads to its message', async (scene) => {
  const { page, ben, cleo, id, street } = await room(scene, ['the water point is open'])
  cleo.write(
    id,
    Array.from({ length: 150 }, (_, at) => `line ${at}.`),
  )
  const [first] = (await cleo.messages(id, { limit: 500 })).messages
  await menu(page, 'line 149.')
  expect(await page.getByRole('button', { name: 'Pin for everyone' }).count()).toBe(0)
  await page.keyboard.press('Escape')
  await cleo.pin(id, first!.id, true)
  const pins = page.getByRole('region', { name: 'Pinned messages' })
  await pins.getByText('the water point is open').waitFor()
  await pins.getByRole('button').first().click()
  const row = page.locator('.message', { hasText: 'the water point is open' })
  await row.waitFor()
  await until(() => row.evaluate((element) => element.matches(':focus')), 'it has the focus')
  street.roles.set(ben, 'moderator')
  ben.emit('room', id)
  await until(async () => {
    await menu(page, 'line 3.')
    if ((await page.getByRole('button', { name: 'Hide from everyone…' }).count()) === 1) return true
    await page.keyboard.press('Escape')
    return false
  }, 'he moderates now')
  await page.getByRole('button', { name: 'Hide from everyone…' }).click()
  await page.getByRole('button', { name: 'Hide', exact: true }).click()
  await page.getByText('A moderator hid this message.').waitFor()
  await menu(page, 'A moderator hid this message.')
  await page.getByRole('button', { name: 'Show it again' }).click()
  await page.locator('.message', { hasText: 'line 3.' }).waitFor()
})

await tests.add(
  'a name behind an @ is finished with the keys, and stands out for who is named',
  async (scene) => {
    const { page, ben, cleo, id, box } = await room(scene, ['hello'])
    await page.getByRole('button', { name: /2 people/ }).waitFor()
    await box.pressSequentially('ask @cl')
    await page.getByRole('option', { name: 'Cleo' }).waitFor()
    await box.press('Tab')
    await comes(() => box.inputValue(), 'ask @Cleo ')
    await box.pressSequentially('please')
    await box.press('Enter')
    await page.locator('.own .mention', { hasText: '@Cleo' }).waitFor()
    expect((await ben.messages(id)).messages.at(-1)?.text).toBe('ask @Cleo please')
    await page.getByRole('button', { name: 'New room' }).click()
    await page.getByLabel('Name of the room').fill('Elsewhere')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Elsewhere' }).waitFor()
    cleo.write(id, ['@Ben come over'])
    await page.getByRole('link', { name: /Maple Street.*@1 for you, 1 unread/ }).click()
    await page.locator('.mention.self', { hasText: '@Ben' }).waitFor()
    await comes(() => page.locator('.bubble.mentioned').count(), 1)
  },
)

await tests.add(
  'a timer is chosen, told, and kept to; the room’s own is the default',
  async (scene) => {
    const { page, ben, cleo, id, box, street } = await room(scene, ['hello'])
    await page.getByRole('button', { name: 'Timer and place' }).click()
    await page.getByRole('button', { name: 'After 1 hour' }).click()
    await page.getByText('What you send disappears after 1 hour.').waitFor()
    await box.fill('the gate code')
    await box.press('Enter')
    await page
      .locator('.message', { hasText: 'the gate code' })
      .getByText(/Disappears in (1 hour|60 minutes)/)
      .waitFor()
    // Its time is set once it was seen: however long that takes, it must have been.
    cleo.write(id, ['gone in a moment'], { expiresIn: 3_600_000 })
    await page.locator('.message', { hasText: 'gone in a moment' }).waitFor()
    street.written.at(-1)!.expiresAt = Date.now() + 500
    scene.street.changed(street, street.written.at(-1)!)
    await page.getByText('This message has disappeared.').waitFor()
    await comes(() => page.locator('.message', { hasText: 'gone in a moment' }).count(), 0)
    await cleo.setSettings(id, { disappearAfter: 86_400_000 })
    await page.getByRole('button', { name: 'Timer and place' }).click()
    await page.getByRole('button', { name: 'As the room: after 1 day' }).click()
    await page.getByText('What you send disappears after 1 day.').waitFor()
    expect((await ben.messages(id)).messages.at(-2)?.expiresAt).toBeDefined()
  },
)

await tests.add(
  'a place is sent and shown as numbers, without a word to anybody else',
  async (scene) => {
    const { page, ben, id, complaints } = await room(scene)
    await page.getByRole('button', { name: 'Timer and place' }).click()
    await page.getByRole('button', { name: 'Send a place…' }).click()
    await page.getByLabel('What is there').fill('Water point')
    await page.getByLabel('Its coordinates').fill('52.52, 13.405')
    await page.getByRole('button', { name: 'Send the place' }).click()
    const row = page.locator('.message', { hasText: 'Water point' })
    await row.getByText('52.52000, 13.40500').waitFor()
    await comes(() => row.getByRole('link').getAttribute('href'), 'geo:52.52000,13.40500')
    expect((await ben.messages(id)).messages[0]).toMatchObject({
      kind: 'location',
      location: { latitude: 52.52, longitude: 13.405, label: 'Water point' },
    })
    expect(complaints).toEqual([])
  },
)

await tests.add(
  'A29: markdown and hostile text become elements of this page’s making alone',
  async (scene) => {
    const hostile = '<img onerror=1> **<b>bold</b>**\n> <iframe>\n```\n<script>1</script>\n```'
    const { page, complaints } = await room(scene, [hostile, '- one\n- two'])
    const row = page.locator('.message', { hasText: 'onerror' })
    await row.locator('strong', { hasText: '<b>bold</b>' }).waitFor()
    await row.locator('pre code', { hasText: '<script>1</script>' }).waitFor()
    await row.locator('blockquote', { hasText: '<iframe>' }).waitFor()
    await comes(
      () => page.locator('.message ul:not(.reactions) li').allInnerTexts(),
      ['one', 'two'],
    )
    expect(await page.locator('.message :is(img, script, iframe, b)').count()).toBe(0)
    expect(complaints).toEqual([])
  },
)

await tests.add('read is told once it is so', async (scene) => {
  const { page, ben, cleo, id } = await room(scene)
  ben.write(id, ['anybody?'])
  const row = page.locator('.message', { hasText: 'anybody?' })
  await row.getByText('Delivered to 1 device').waitFor()
  cleo.readAll(id)
  await row.getByText('Read by 1 person').waitFor()
})

await tests.add('a finger that rests on a message opens its menu', async (scene) => {
  const { page, ben, id } = await room(scene, ['Who has water?'], {
    viewport: { width: 360, height: 640 },
    isMobile: true,
    hasTouch: true,
  })
  const place = await page.locator('.message .text').first().boundingBox()
  const session = await page.context().newCDPSession(page)
  const point = { x: place!.x + 5, y: place!.y + 5 }
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] })
  await page.getByRole('dialog', { name: 'Message from Cleo' }).waitFor()
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await page.getByRole('button', { name: 'React with 👍' }).click()
  await until(
    async () => (await ben.messages(id)).messages[0]?.reactions?.length === 1,
    'it is given',
  )
})

await tests.add('a draft goes to the node, and comes from it', async (scene) => {
  const { page, ben, id, box } = await room(scene)
  await box.fill('half a sent')
  await until(() => ben.draft(id) === 'half a sent', 'the node keeps it')
  await page.evaluate('sessionStorage.clear()')
  await scene.tab(scene.nodes[0]!).then(async (other) => {
    await other.page.getByRole('link', { name: /Maple Street/ }).click()
    const there = other.page.getByRole('textbox', { name: 'Message' })
    await until(async () => (await there.inputValue()) === 'half a sent', 'another tab has it')
    await there.press('Enter')
    await until(() => ben.draft(id) === '', 'it is sent')
  })
})

await tests.add(
  'words are found as they are typed, in all rooms, and lead to their place',
  async (scene) => {
    const { page, cleo, id } = await room(scene, ['the **pump** needs a key'])
    cleo.write(
      id,
      Array.from({ length: 200 }, (_, at) => `line ${at}.`),
    )
    const { id: other } = await cleo.createRoom('Water and power')
    const [ben] = scene.nodes.map(({ engine }) => engine)
    await ben!.join(`porchlight:${other}`)
    cleo.write(other, ['the pump works again'])
    await page.getByRole('searchbox', { name: 'Search all messages' }).pressSequentially('pump')
    await page.locator('.hit mark', { hasText: 'pump' }).nth(1).waitFor()
    await page.getByText('2 messages found').waitFor()
    const groups = page.locator('.rooms section')
    expect(
      await groups.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label'))),
    ).toEqual(['Water and power', 'Maple Street'])
    await comes(() => groups.first().locator('mark').allInnerTexts(), ['pump'])
    await groups.last().getByRole('button').click()
    const row = page.locator('.message', { hasText: 'the pump needs a key' })
    await until(() => row.evaluate((element) => element.matches(':focus')), 'it has the focus')
    await page.getByRole('button', { name: 'Later messages' }).waitFor({ state: 'attached' })
    await groups.first().getByRole('button').click()
    await page.getByRole('heading', { name: 'Water and power', level: 1 }).waitFor()
    await page.locator('.message', { hasText: 'the pump works again' }).waitFor()
    await page.getByRole('searchbox').fill('nothing like it')
    await page.getByText('Nothing found.').waitFor()
    await page.getByRole('searchbox').press('Escape')
    await page.getByRole('link', { name: /Maple Street/ }).waitFor()
  },
)
