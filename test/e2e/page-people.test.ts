import { expect } from '@jest/globals'
import type { Page } from 'playwright-core'
import { FAKE_CODE } from './fake-people.ts'
import { PageTests, type Scene } from './page-scene.ts'
import { comes, until } from './until.ts'

const tests = new PageTests()

/** Ada at her page, admin of a room with Ben in it. */
async function room(scene: Scene) {
  const ada = await scene.person('Ada')
  const ben = scene.neighbour('Ben')
  const { id } = await ada.node.engine.createRoom('Maple Street')
  await ben.join(`porchlight:${id}`)
  ben.write(id, ['hello from Ben'])
  await ada.page.getByRole('link', { name: /Maple Street/ }).click()
  await ada.page.locator('.message', { hasText: 'hello from Ben' }).waitFor()
  return { ...ada, ada: ada.node.engine, ben, id, street: scene.street.rooms.get(id)! }
}

async function about(page: Page, name: RegExp): Promise<void> {
  await page.getByRole('button', { name: /^\d people/ }).click()
  await page.getByRole('dialog').getByRole('button', { name }).click()
}

await tests.add(
  'a person is verified by comparing codes, and the mark is everywhere',
  async (scene) => {
    const { page, ada, ben, complaints } = await room(scene)
    await about(page, /Ben/)
    await page.getByRole('button', { name: 'Compare codes' }).click()
    const code = page.getByRole('list', { name: 'The code to compare' })
    await code.waitFor()
    expect((await code.getByRole('listitem').allInnerTexts()).join(' ')).toBe(FAKE_CODE)
    await page.getByText('Scan or type it instead').click()
    await page.getByRole('img', { name: /Your side of the code/ }).waitFor()
    await page.getByRole('button', { name: 'They match' }).click()
    await page.getByText('Verified: you compared codes in person.').waitFor()
    expect(ada.people.verified.has(ben.personId)).toBe(true)
    await page.keyboard.press('Escape')
    await page.locator('.author', { hasText: 'verified in person' }).waitFor()
    expect(complaints).toEqual([])
  },
)

await tests.add(
  'A3, A9: a code that does not fit is refused, and the warning stays until it is acknowledged',
  async (scene) => {
    const { page, ada, ben } = await room(scene)
    await about(page, /Ben/)
    await page.getByRole('button', { name: 'Compare codes' }).click()
    await page.getByText('Scan or type it instead').click()
    await page.getByLabel('The code on their screen').fill('00000 11111')
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await page.getByText('The code does not fit this key: do not trust it.').waitFor()
    await page.keyboard.press('Escape')
    const warning = page.getByText('The key does not fit. What you wrote is safe.')
    await warning.waitFor()
    expect(ada.people.verified.has(ben.personId)).toBe(false)
    await page.reload()
    await warning.waitFor()
    await page.getByRole('button', { name: 'I understand' }).click()
    await warning.waitFor({ state: 'detached' })
    await comes(() => ada.people.warnings(), [])
  },
)

await tests.add(
  'a blocked person’s messages go from sight at once, and come back',
  async (scene) => {
    const { page } = await room(scene)
    const row = page.locator('.message', { hasText: 'hello from Ben' })
    await about(page, /Ben/)
    await page.getByRole('button', { name: 'Block', exact: true }).click()
    await row.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Unblock' }).click()
    await row.waitFor()
  },
)

await tests.add('names that look the same carry the key wherever they stand', async (scene) => {
  const { page, ben, id } = await room(scene)
  const other = scene.neighbour('ben')
  await other.join(`porchlight:${id}`)
  const tag = `#${ben.personId.slice(0, 6)}`
  await page.evaluate("location.hash = '#/'")
  await page.reload()
  await page.getByRole('searchbox').fill('hello')
  await page.locator('.hit', { hasText: tag }).click()
  await page.getByRole('searchbox').fill('')
  await page.locator('.author', { hasText: tag }).waitFor()
  await page.getByRole('button', { name: 'Answer Ben' }).click()
  await page.locator('.answering', { hasText: tag }).waitFor()
  await page.getByRole('button', { name: /^\d people/ }).click()
  await page
    .getByRole('dialog')
    .getByText(`#${other.personId.slice(0, 6)}`)
    .waitFor()
})

await tests.add(
  'an admin gives roles, mutes and removes; each says first what it does',
  async (scene) => {
    const { page, ben, id, street } = await room(scene)
    await about(page, /Ben/)
    await page.getByLabel('Give a role').selectOption('moderator')
    await page.getByText('A moderator can invite, pin, hide messages').waitFor()
    await page.getByRole('button', { name: 'Yes, do it' }).click()
    await until(() => street.roleOf(ben) === 'moderator', 'the role is given')
    await page.getByRole('button', { name: 'Mute' }).click()
    await page.getByText('Nothing they write from now on is shown').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(street.muted.has(ben)).toBe(false)
    await page.getByRole('button', { name: 'Mute' }).click()
    await page.getByRole('button', { name: 'Yes, do it' }).click()
    await page.getByRole('button', { name: 'Let them speak again' }).click()
    await until(() => !street.muted.has(ben), 'he may speak again')
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('its key changes: they read nothing new').waitFor()
    await page.getByRole('button', { name: 'Yes, do it' }).click()
    await page.getByRole('button', { name: '1 person' }).waitFor()
    expect(ben.rooms().find((view) => view.id === id)?.state).toBe('removed')
  },
)

await tests.add('who is muted or removed is told so, and can still read', async (scene) => {
  const cleo = scene.neighbour('Cleo')
  const { id } = await cleo.createRoom('Maple Street')
  const { page, node } = await scene.person('Ben')
  await node.engine.join(`porchlight:${id}`)
  cleo.write(id, ['before'])
  await page.getByRole('link', { name: /Maple Street/ }).click()
  await page.locator('.message', { hasText: 'before' }).waitFor()
  await cleo.moderate(id, node.engine.personId, { act: 'mute', on: true })
  await page.getByText('A moderator has muted you here').waitFor()
  await cleo.moderate(id, node.engine.personId, { act: 'remove' })
  await page.getByText('You were removed from this room.').waitFor()
  await comes(() => page.locator('.message', { hasText: 'before' }).count(), 1)
  await comes(() => page.getByRole('textbox', { name: 'Message' }).count(), 0)
  await page.getByRole('button', { name: 'Take it off the list' }).click()
  await page.getByRole('button', { name: 'Leave the room' }).click()
  await page.getByRole('heading', { name: 'The light is on' }).waitFor()
})

await tests.add(
  'an admin sets the rules and revokes an invite; others read them',
  async (scene) => {
    const { page, ada, ben, id, street } = await room(scene)
    await ada.invite(id, { uses: 3 })
    await page.getByRole('button', { name: 'Room settings' }).click()
    await page.getByLabel('Newcomers can read').selectOption('joined')
    await until(() => street.settings.history === 'joined', 'the history is changed')
    await page.getByLabel('Messages disappear').selectOption({ label: 'after 1 day' })
    await until(() => street.settings.disappearAfter === 86_400_000, 'the timer is changed')
    await page.getByText('0 of 3 people came in').waitFor()
    await page.getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('None.').waitFor()
    await comes(() => street.invites[0]?.state, 'revoked')
    const seat = await scene.seat(ben)
    await seat.page.getByRole('link', { name: /Maple Street/ }).click()
    await seat.page.getByRole('button', { name: 'Room settings' }).click()
    await seat.page.getByText('An admin can change these rules.').waitFor()
    await comes(() => seat.page.getByLabel('Newcomers can read').isDisabled(), true)
  },
)
