import { expect } from '@jest/globals'
import { PageTests } from './page-scene.ts'
import { comes, until } from './until.ts'

const tests = new PageTests()
const NODE = 'ab'.repeat(32)

await tests.add(
  'a room is given to a node that offers space, watched, and taken back',
  async (scene) => {
    const { page, node, complaints } = await scene.person('Ada')
    const { mirrors } = node.engine
    const { id } = await node.engine.createRoom('Maple Street')
    await page.getByRole('link', { name: /Maple Street/ }).click()
    await page.getByRole('button', { name: 'Room settings' }).click()
    const section = page.getByRole('region', { name: 'Kept for those who are away' })
    await section.getByText('No node does.').waitFor()
    mirrors.offer({ id: NODE, name: '<img onerror=alert(1)> library', free: 2e9 })
    await section.getByRole('button', { name: 'Keep it there' }).click()
    await section.getByText('3 messages on the way').waitFor()
    expect(mirrors.list(id)).toMatchObject([{ node: NODE }])
    mirrors.change(NODE, { state: 'stored', behind: 0 })
    await section.getByText('Has everything').waitFor()
    mirrors.change(NODE, { state: 'refused', reason: 'Its space is full.' })
    await section.getByText('Its space is full.').waitFor()
    await section.getByRole('button', { name: 'Stop' }).click()
    await section.getByText('No node does.').waitFor()
    await comes(() => mirrors.list(id), [])
    expect(complaints).toEqual([])
  },
)

await tests.add('what this device does for neighbours is switched and shown', async (scene) => {
  const { page, node, complaints } = await scene.person('Ada')
  const { mirrors } = node.engine
  mirrors.holding = { mirrors: 3, depositors: 2, bytes: 5e6, carried: { mirrors: 2, bytes: 1e6 } }
  await page.getByRole('button', { name: 'You: Ada' }).click()
  await page.getByRole('button', { name: /For your neighbours/ }).click()
  await page.getByText('Keeps 1 room of others (4.0 MB), and carries for 2 rooms').waitFor()
  const carry = page.getByRole('switch', { name: 'Carry messages from place to place' })
  await carry.click()
  await until(() => !mirrors.settings.carry, 'the node carries no more')
  await page.getByRole('switch', { name: /Keep rooms for others/ }).click()
  await page.getByText('can tell it from others by its key').waitFor()
  await comes(() => mirrors.settings.neighbourhood, true)
  await page.getByRole('button', { name: 'Delete what is carried' }).click()
  await until(() => mirrors.dropped.length > 0, 'what was carried is gone')
  expect(complaints).toEqual([])
})
