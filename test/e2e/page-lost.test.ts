import { expect } from '@jest/globals'
import { PorchlightError } from '../../core/errors.ts'
import { PageTests, type Scene } from './page-scene.ts'
import { comes, until } from './until.ts'

const tests = new PageTests()

async function room(scene: Scene) {
  const tab = await scene.person('Ben')
  const ben = tab.node.engine
  const cleo = scene.neighbour('Cleo')
  const { id } = await cleo.createRoom('Maple Street')
  await ben.join(`porchlight:${id}`)
  await tab.page.getByRole('link', { name: /Maple Street/ }).click()
  const box = tab.page.getByRole('textbox', { name: 'Message' })
  await box.waitFor()
  return { ...tab, ben, cleo, id, box }
}

await tests.add(
  'a node that goes is noticed, a node that comes back is caught up with',
  async (scene) => {
    const { page, node, cleo, id, box } = await room(scene)
    await box.fill('half a sent')
    await node.close()
    const banner = page.getByText('Porchlight on this computer stopped answering.')
    await banner.waitFor()
    cleo.write(id, ['written while you were away'])
    await node.resume()
    await page.getByText('written while you were away').first().waitFor()
    await banner.waitFor({ state: 'detached' })
    await comes(() => box.inputValue(), 'half a sent')
    cleo.write(id, ['and live again'])
    await page.getByText('and live again').first().waitFor()
  },
)

await tests.add(
  'a message to a node that is gone is neither lost nor claimed as sent',
  async (scene) => {
    const { page, node, ben, id, box } = await room(scene)
    await node.close()
    await box.fill('the important one')
    await page.keyboard.press('Enter')
    await page.getByText('may or may not have been saved').waitFor()
    await node.resume()
    await page.reload()
    await page.getByText('the important one').waitFor()
    await page.getByRole('button', { name: 'Send again' }).click()
    await until(async () => (await ben.messages(id)).messages.length === 1, 'it is sent')
    await page.getByText('may or may not have been saved').waitFor({ state: 'detached' })
    await until(async () => (await page.getByText('the important one').count()) === 1, 'shown once')
  },
)

await tests.add('a refusal is told with its reason, and can be discarded', async (scene) => {
  const { page, ben, id, box } = await room(scene)
  ben.refusal = new PorchlightError('DISK_FULL', 'The disk is full: free some space.')
  await box.fill('too much')
  await page.keyboard.press('Enter')
  await page.getByText('Not sent. The disk is full: free some space.').waitFor()
  await page.getByRole('button', { name: 'Discard' }).click()
  await page.getByText('too much').waitFor({ state: 'detached' })
  expect((await ben.messages(id)).messages).toEqual([])
})

await tests.add('drafts stay with their rooms through a reload', async (scene) => {
  const { page, box } = await room(scene)
  await box.fill('for Maple Street')
  await page.getByRole('button', { name: 'New room' }).click()
  await page.getByLabel('Name of the room').fill('Elsewhere')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Elsewhere' }).waitFor()
  await comes(() => box.inputValue(), '')
  await page.reload()
  await page.getByRole('heading', { name: 'Elsewhere' }).waitFor()
  await page.getByRole('link', { name: /Maple Street/ }).click()
  await until(async () => (await box.inputValue()) === 'for Maple Street', 'the draft is back')
})

await tests.add(
  'without a good link, the page says which command prints one, and takes it',
  async (scene) => {
    const { page, node } = await scene.person('Ben', { withoutLink: true })
    await page.getByText('porchlight open').waitFor()
    await page.getByLabel('Or paste the link here').fill('http://127.0.0.1/#code=wrong-code-0')
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByText('This link was used already or is too old').waitFor()
    await page.getByLabel('Or paste the link here').fill(` ${node.link()}\n`)
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByRole('heading', { name: 'The light is on' }).waitFor()
  },
)

await tests.add(
  'a node started anew asks for a new link, and the draft is still there',
  async (scene) => {
    const { page, node, box } = await room(scene)
    await box.fill('half a sent')
    await node.restart()
    await page.getByText('This page needs a fresh link').waitFor()
    await page.goto(node.link())
    await page.getByRole('link', { name: /Maple Street/ }).click()
    await until(async () => (await box.inputValue()) === 'half a sent', 'the draft is back')
  },
)
