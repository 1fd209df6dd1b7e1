import { expect } from '@jest/globals'
import type { Page } from 'playwright-core'
import { PageTests, type Scene } from './page-scene.ts'
import { comes, until } from './until.ts'

const tests = new PageTests()
const PASSPHRASE = 'four brown paper kites'

/** Ada in a room with a message, a draft, and the dialog about herself open. */
async function room(scene: Scene) {
  const ada = await scene.person('Ada')
  const { id } = await ada.node.engine.createRoom('Maple Street')
  ada.node.engine.write(id, ['the gate code is 4711'])
  await ada.page.getByRole('link', { name: /Maple Street/ }).click()
  await ada.page.getByRole('textbox', { name: 'Message' }).fill('half a sent')
  await until(() => ada.node.engine.draft(id) === 'half a sent', 'the draft is kept')
  await ada.page.getByRole('button', { name: 'You: Ada' }).click()
  return { ...ada, id }
}

function shown(page: Page): Promise<string> {
  return page.evaluate<string>('document.title + document.body.innerText')
}

await tests.add(
  'a passphrase is set; locking takes everything from sight, in every tab',
  async (scene) => {
    const { page, node, complaints } = await room(scene)
    await page.getByRole('button', { name: /Passphrase and lock/ }).click()
    await page.getByText('Without a passphrase, whoever opens this device').waitFor()
    await page.getByLabel('New passphrase').fill(PASSPHRASE)
    await page.getByLabel('The same again').fill('another')
    await page.getByText('The two are not the same yet.').waitFor()
    await comes(() => page.getByRole('button', { name: 'Set passphrase' }).isDisabled(), true)
    await page.getByLabel('The same again').fill(PASSPHRASE)
    await page.getByRole('button', { name: 'Set passphrase' }).click()
    await page.getByText('The passphrase is set.').waitFor()
    expect(node.atRest.passphrase).toBe(PASSPHRASE)
    const other = await scene.tab(node)
    await other.page.getByRole('link', { name: /Maple Street/ }).click()
    await other.page.locator('.message', { hasText: '4711' }).waitFor()

    await page.getByRole('button', { name: 'Lock now' }).click()
    for (const tab of [page, other.page]) {
      await tab.getByRole('heading', { name: 'Porchlight is locked' }).waitFor()
      await until(
        async () => !/4711|Maple|half a sent/.test(await shown(tab)),
        'it is out of sight',
      )
    }
    await page.getByLabel('Passphrase').fill('four brown paper bags')
    await page.getByRole('button', { name: 'Unlock' }).click()
    await page.getByText('The passphrase is not right.').waitFor()
    await page.getByLabel('Passphrase').fill(PASSPHRASE)
    await page.getByRole('button', { name: 'Unlock' }).click()
    for (const tab of [page, other.page]) {
      await tab.locator('.message', { hasText: '4711' }).waitFor()
      const box = tab.getByRole('textbox', { name: 'Message' })
      await until(async () => (await box.inputValue()) === 'half a sent', 'the draft is back')
    }
    expect([...complaints, ...other.complaints]).toEqual([])
  },
)

await tests.add('a page that opens at a locked node asks for the passphrase', async (scene) => {
  const { node } = await scene.person('Ada')
  await node.atRest.lock(PASSPHRASE)
  const { page } = await scene.tab(node)
  await page.getByLabel('Passphrase').fill(PASSPHRASE)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'The light is on' }).waitFor()
})

await tests.add('the passphrase is changed and removed with the one of now', async (scene) => {
  const { page, node } = await room(scene)
  await node.atRest.setPassphrase(undefined, PASSPHRASE)
  await page.reload()
  await page.getByRole('button', { name: 'You: Ada' }).click()
  await page.getByRole('button', { name: /Passphrase and lock/ }).click()
  await page.getByLabel('Passphrase now').fill('wrong one')
  await page.getByRole('button', { name: 'Remove passphrase' }).click()
  await page.getByText('The passphrase is not right.').waitFor()
  await page.getByLabel('Passphrase now').fill(PASSPHRASE)
  await page.getByRole('button', { name: 'Remove passphrase' }).click()
  await page.getByText('The passphrase was removed.').waitFor()
  expect(node.atRest.passphrase).toBeNull()
})

await tests.add(
  'the 24 words are shown when asked for, and gone with the dialog',
  async (scene) => {
    const { page } = await room(scene)
    await page.getByRole('button', { name: /Your 24 words/ }).click()
    await page.getByText('Whoever sees them can be you, for good.').waitFor()
    expect(await shown(page)).not.toContain('word24')
    await page.getByRole('button', { name: 'Nobody is looking: show them' }).click()
    const words = page.getByRole('list', { name: 'Your 24 words' }).getByRole('listitem')
    await words.last().waitFor()
    await comes(() => words.count(), 24)
    await page.getByRole('button', { name: 'I wrote them down' }).click()
    await until(async () => !(await shown(page)).includes('word24'), 'they are out of sight')
  },
)

await tests.add(
  'A25: erasing takes the word, and leaves nothing in the browser, in any tab',
  async (scene) => {
    const { page, node } = await room(scene)
    const other = await scene.tab(node)
    await other.page.getByRole('link', { name: /Maple Street/ }).click()
    await other.page.locator('.message', { hasText: '4711' }).waitFor()
    await page.evaluate(`(async () => {
    localStorage.setItem('old', '4711')
    await new Promise((resolve) => { indexedDB.open('old').onsuccess = (event) => resolve(event.target.result.close()) })
    await (await caches.open('old')).put('/old', new Response('4711'))
  })()`)
    await page.getByRole('button', { name: /Erase everything/ }).click()
    expect(await page.getByRole('button', { name: 'Erase everything' }).last().isDisabled()).toBe(
      true,
    )
    await page.getByLabel(/to go on/).fill('wipe')
    await page.keyboard.press('Enter')
    for (const tab of [page, other.page]) {
      await tab.getByRole('heading', { name: 'Everything was erased' }).waitFor()
      await until(
        () =>
          tab.evaluate<boolean>(`(async () =>
          localStorage.length + sessionStorage.length + (await caches.keys()).length +
          (await indexedDB.databases()).length === 0)()`),
        'the browser is empty',
      )
      await until(
        async () => !/4711|Maple|half a sent|Ada/.test(await shown(tab)),
        'it is out of sight',
      )
      await comes(() => tab.url(), `${node.origin}/`)
    }
    expect(node.atRest.wiped).toBe(true)
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.evaluate("dispatchEvent(new Event('focus')); dispatchEvent(new Event('online'))")
    await node.close()
    await other.page.evaluate("location.hash = '#/room/x'")
    await page.getByRole('heading', { name: 'Everything was erased' }).waitFor()
    expect(asked).toEqual([])
  },
)
