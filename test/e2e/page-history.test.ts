import { expect } from '@jest/globals'
import type { Page } from 'playwright-core'
import { PageTests, type Scene } from './page-scene.ts'
import { comes, until } from './until.ts'

const tests = new PageTests()

async function longRoom(scene: Scene, count: number) {
  const { page, node } = await scene.person('Ben', { viewport: { width: 900, height: 600 } })
  const cleo = scene.neighbour('Cleo')
  const { id } = await cleo.createRoom('Maple Street')
  await node.engine.join(`porchlight:${id}`)
  cleo.write(
    id,
    Array.from({ length: count }, (_, at) => `line ${at}.`),
  )
  await node.engine.markRead(id)
  await page.getByRole('link', { name: /Maple Street/ }).click()
  await page.getByText(`line ${count - 1}.`, { exact: true }).waitFor()
  return { page, ben: node.engine, cleo, id }
}

/** The lines that are rendered, in their order. */
async function lines(page: Page): Promise<number[]> {
  const texts = await page.locator('.message .text').allInnerTexts()
  return texts.flatMap((text) =>
    /^line \d+\.$/.test(text) ? [Number.parseInt(text.slice(5))] : [],
  )
}

function topOf(page: Page, line: number): Promise<number> {
  const row = page.locator('.message', { has: page.getByText(`line ${line}.`, { exact: true }) })
  return row.evaluate((element) => element.getBoundingClientRect().top)
}

function scrollTo(page: Page, top: string): Promise<void> {
  return page.evaluate(
    `{ const box = document.querySelector('.timeline'); box.scrollTop = ${top} }`,
  )
}

await tests.add('older messages come in above without moving what is being read', async (scene) => {
  const { page } = await longRoom(scene, 300)
  await comes(
    () => lines(page),
    Array.from({ length: 60 }, (_, at) => 240 + at),
  )
  const before = await page.evaluate<number>(`{
    const box = document.querySelector('.timeline')
    box.scrollTop = 250
    const rows = [...box.querySelectorAll('.message')]
    rows.find((row) => row.innerText.includes('line 243.')).getBoundingClientRect().top
  }`)
  await until(async () => (await lines(page)).length === 120, 'a page above')
  expect(Math.abs((await topOf(page, 243)) - before)).toBeLessThan(2)
})

await tests.add('a long way up keeps few rows, and the way down loses none', async (scene) => {
  const { page } = await longRoom(scene, 1_500)
  await until(async () => {
    await scrollTo(page, '0')
    return (await lines(page))[0] === 0
  }, 'the beginning')
  await page.getByText('This is where the room begins.').waitFor()
  await comes(
    () => lines(page),
    Array.from({ length: 400 }, (_, at) => at),
  )
  const seen = new Set<number>()
  await until(async () => {
    const shown = await lines(page)
    expect(shown.length).toBeLessThanOrEqual(400)
    expect(shown).toEqual(Array.from({ length: shown.length }, (_, at) => shown[0]! + at))
    for (const line of shown) seen.add(line)
    await scrollTo(page, 'box.scrollHeight')
    return shown.at(-1) === 1_499
  }, 'the end')
  expect(seen.size).toBe(1_500)
})

await tests.add(
  'what arrives below while reading above is counted, and one step away',
  async (scene) => {
    const { page, cleo, id } = await longRoom(scene, 300)
    await scrollTo(page, '400')
    await page.getByRole('button', { name: 'To the newest' }).waitFor()
    const before = await topOf(page, 250)
    cleo.write(id, ['news', 'more news'])
    const jump = page.getByRole('button', { name: '2 new messages' })
    await jump.waitFor()
    expect(Math.abs((await topOf(page, 250)) - before)).toBeLessThan(2)
    await jump.click()
    await page
      .getByRole('button', { name: /To the newest|new messages/ })
      .waitFor({ state: 'detached' })
    await until(
      () =>
        page.evaluate<boolean>(`{
        const box = document.querySelector('.timeline')
        box.scrollHeight - box.scrollTop - box.clientHeight < 4
      }`),
      'the bottom is in view',
    )
  },
)

await tests.add('messages that sort into the middle show up there, once', async (scene) => {
  const { page, cleo, id } = await longRoom(scene, 90)
  cleo.write(id, ['from the other side of town'], { at: 80 })
  await page.getByText('from the other side of town').first().waitFor()
  const texts = await page.locator('.message .text').allInnerTexts()
  const at = texts.indexOf('from the other side of town')
  expect(texts.slice(at - 1, at + 2)).toEqual([
    'line 79.',
    'from the other side of town',
    'line 80.',
  ])
  expect(texts.lastIndexOf('from the other side of town')).toBe(at)
})

await tests.add('a burst of a thousand ends at the newest, bounded', async (scene) => {
  const { page, cleo, id } = await longRoom(scene, 10)
  cleo.write(
    id,
    Array.from({ length: 1_000 }, (_, at) => `line ${10 + at}.`),
  )
  await page.getByText('line 1009.', { exact: true }).waitFor()
  const shown = await lines(page)
  expect(shown.at(-1)).toBe(1_009)
  expect(shown.length).toBeLessThanOrEqual(400)
  expect(shown).toEqual(Array.from({ length: shown.length }, (_, at) => shown[0]! + at))
})
