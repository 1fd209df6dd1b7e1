import { expect } from '@jest/globals'
import type { Page } from 'playwright-core'
import { PageTests, type Scene } from './page-scene.ts'
import { comes, until } from './until.ts'

const tests = new PageTests()

async function send(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.keyboard.press('Enter')
}

/** Ben at his page, in a room with Cleo, whose page nobody looks at. */
async function room(scene: Scene, texts: readonly string[] = []) {
  const ben = await scene.person('Ben')
  const cleo = scene.neighbour('Cleo')
  const { id } = await cleo.createRoom('Maple Street')
  await ben.node.engine.join(`porchlight:${id}`)
  cleo.write(id, texts)
  await ben.page.getByRole('link', { name: /Maple Street/ }).click()
  return { ...ben, ben: ben.node.engine, cleo, id }
}

await tests.add('two people meet: a name, a room, an invite, words both ways', async (scene) => {
  const ada = await scene.person('Someone')
  const { page } = ada
  await page.getByLabel('Your name').fill('  Ada ')
  await page.getByRole('button', { name: 'Go in' }).click()
  await page.getByRole('button', { name: 'Make a room' }).click()
  expect(ada.node.engine.name).toBe('Ada')
  await page.getByLabel('Name of the room').fill('Maple Street')
  await page.getByRole('button', { name: 'Make the room' }).click()
  await page.getByRole('heading', { name: 'Maple Street' }).waitFor()
  await page.getByRole('button', { name: 'Invite people' }).click()
  await page.getByRole('img', { name: 'The invite as a QR code' }).waitFor()
  const invite = await page.getByLabel('Invite link').inputValue()
  expect(invite).toMatch(/^porchlight:/)
  await page.keyboard.press('Escape')

  const ben = await scene.person('Ben')
  await ben.page.getByRole('button', { name: 'Join with an invite' }).click()
  const broken = `Come in!\n> ${invite.slice(0, 30)}\n>  ${invite.slice(30)}\n\nSee you`
  await ben.page.getByLabel('The invite you were given').fill(broken)
  await ben.page.getByRole('button', { name: 'Join', exact: true }).click()
  await ben.page.getByRole('heading', { name: 'Maple Street' }).waitFor()

  await send(page, 'Is anybody there?')
  await ben.page.getByText('Is anybody there?').first().waitFor()
  await send(ben.page, 'We are, all four of us')
  await page.getByText('We are, all four of us').first().waitFor()
  await page.getByText('Delivered to 1 device').waitFor()
  expect([...ada.complaints, ...ben.complaints]).toEqual([])
})

await tests.add(
  'Enter sends, Shift+Enter breaks the line, an answer shows what it answers',
  async (scene) => {
    const { page, ben, id } = await room(scene, ['Who has water?'])
    await page.getByRole('button', { name: 'Answer Cleo' }).click()
    await page.getByRole('textbox', { name: 'Message' }).fill('We do')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('Come by')
    await page.keyboard.press('Enter')
    await page.locator('.own .quote', { hasText: 'Who has water?' }).waitFor()
    const { messages } = await ben.messages(id)
    expect(messages.map(({ text }) => text)).toEqual(['Who has water?', 'We do\nCome by'])
    expect(messages[1]?.replyTo).toBe(messages[0]?.id)
    await comes(() => page.getByRole('textbox', { name: 'Message' }).inputValue(), '')
  },
)

await tests.add(
  'a joiner waits for a member, is told so, and is let in without a click',
  async (scene) => {
    const cleo = scene.neighbour('Cleo')
    const { id } = await cleo.createRoom('Maple Street')
    scene.street.open = false
    const { page } = await scene.person('Ben')
    await page.getByRole('button', { name: 'Join with an invite' }).click()
    await page.getByLabel('The invite you were given').fill(`porchlight:${id}`)
    await page.getByRole('button', { name: 'Join', exact: true }).click()
    await page.getByText('Waiting for a member’s device to come near').waitFor()
    scene.street.letIn()
    cleo.write(id, ['Welcome, Ben'])
    await page.getByText('Welcome, Ben').first().waitFor()
  },
)

await tests.add(
  'unread is counted, marked where it begins, and read once it was seen',
  async (scene) => {
    const { page, ben, cleo, id } = await room(scene, ['one'])
    await page.locator('.message', { hasText: 'one' }).waitFor()
    await until(() => ben.rooms()[0]?.unread === 0, 'the first message is read')
    await page.getByRole('button', { name: 'New room' }).click()
    await page.getByLabel('Name of the room').fill('Elsewhere')
    await page.getByRole('button', { name: 'Make the room' }).click()
    await page.getByRole('heading', { name: 'Elsewhere' }).waitFor()
    cleo.write(id, ['two', 'three'])
    await page.getByRole('link', { name: 'Maple Street 2 people 2 unread' }).click()
    const rows = page.locator('.messages > li')
    await page.getByText('three').first().waitFor()
    await comes(() => rows.count(), 5)
    await comes(() => rows.nth(2).innerText(), 'New messages')
    await until(() => ben.rooms().every(({ unread }) => unread === 0), 'all is read')
    await page.getByRole('link', { name: 'Maple Street 2 people', exact: true }).waitFor()
  },
)

await tests.add(
  'who is near, over what, the switches, the hand dial and the health check',
  async (scene) => {
    const { page, node } = await scene.person('Ben')
    await page.getByText('Nobody near yet').waitFor()
    node.engine.near = [
      { id: 'x', name: 'Cleo', transport: 'lan', rooms: ['r'], since: Date.now() },
    ]
    node.engine.emit('peers')
    await page.getByRole('button', { name: '1 device near: Local network' }).click()
    const near = page.getByRole('dialog', { name: 'Who is near' })
    await near.getByText('Local network, just now, 1 room in common').waitFor()
    await near.getByText('No Bluetooth adapter.').waitFor()
    await comes(() => near.getByText('192.0.2.7:4748').count(), 1)
    await near.getByRole('switch', { name: 'Internet' }).click()
    await until(() => node.engine.ways[2]?.state === 'on', 'the internet is on')
    await near.getByLabel('Address of the other device').fill('nowhere')
    await near.getByRole('button', { name: 'Connect' }).click()
    await near.getByText('An address has a port.').waitFor()
    await near.getByLabel('Address of the other device').fill('192.0.2.9:4748')
    await near.getByRole('button', { name: 'Connect' }).click()
    await near.getByText('Reached it.').waitFor()
    expect(node.engine.dialled).toEqual(['192.0.2.9:4748'])
    await page.keyboard.press('Escape')
    node.findings = [{ check: 'Clock', ok: false, says: 'It is 1970.', fix: 'Set the clock.' }]
    await page.getByRole('button', { name: 'Health check' }).click()
    await page.getByText('1 thing to look at.').waitFor()
    await page.getByText('What helps: Set the clock.').waitFor()
  },
)

await tests.add('a gap is shown, a reader may not write, leaving asks first', async (scene) => {
  const { page, ben, cleo, id } = await room(scene, ['hello'])
  ben.missing = 3
  ben.role = 'reader'
  cleo.write(id, ['again'])
  ben.emit('room', id)
  await page.getByText('3 messages are known but not here yet').waitFor()
  await page.getByText('You can read in this room, not write.').waitFor()
  const leave = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Room settings' }).click()
    await page.getByRole('button', { name: 'Leave this room' }).click()
  }
  await leave()
  await page.getByRole('button', { name: 'Stay' }).click()
  expect(ben.rooms()).toHaveLength(1)
  await leave()
  await page.getByRole('button', { name: 'Leave the room' }).click()
  await page.getByRole('heading', { name: 'The light is on' }).waitFor()
  expect(ben.rooms()).toHaveLength(0)
})

await tests.add('delivery and names are renewed on every message they belong to', async (scene) => {
  const { page, ben, cleo, id } = await room(scene, ['hello'])
  scene.street.apart = true
  ben.write(id, ['mine'])
  cleo.write(
    id,
    Array.from({ length: 90 }, (_, at) => `line ${at}`),
  )
  await page.getByText('line 89', { exact: true }).waitFor()
  const mine = page.locator('.message', { hasText: 'mine' })
  await until(async () => {
    await page.getByRole('region', { name: 'Messages' }).evaluate((box) => (box.scrollTop = 0))
    return (await mine.count()) === 1
  }, 'the own message is on screen')
  expect(await mine.innerText()).toContain('Saved here, not passed on yet')
  scene.street.meet()
  await mine.getByText('Delivered to 1 device').waitFor()
  await cleo.setName('Cleopatra')
  const first = page.locator('.message', { hasText: 'hello' })
  await first.locator('.author', { hasText: 'Cleopatra' }).waitFor()
})
