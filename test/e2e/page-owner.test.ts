import { expect } from '@jest/globals'
import { FAKE_PAIRING } from './fake-devices.ts'
import { PageTests } from './page-scene.ts'
import { comes, until } from './until.ts'

const tests = new PageTests()

/** A PNG of one colour, larger than what others get. */
const PICTURE = `(() => {
  const canvas = document.createElement('canvas')
  canvas.width = 900
  canvas.height = 600
  const pen = canvas.getContext('2d')
  pen.fillStyle = 'teal'
  pen.fillRect(0, 0, 900, 600)
  return canvas.toDataURL('image/png').split(',')[1]
})()`

await tests.add(
  'a picture is made small, shown without a data: address, and removed',
  async (scene) => {
    const { page, node, complaints } = await scene.person('Ada')
    const { id } = await node.engine.createRoom('Maple Street')
    await page.getByRole('button', { name: 'You: Ada' }).click()
    const buffer = Buffer.from(await page.evaluate<string>(PICTURE), 'base64')
    const file = page.getByLabel('Picture file')
    await file.setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer })
    await until(() => node.engine.avatar !== null, 'the node has it')
    expect(node.engine.avatar!.length).toBeLessThanOrEqual(24_000)
    const picture = page.locator('.avatar-form img')
    await picture.waitFor()
    expect(await picture.getAttribute('src')).toMatch(/^blob:/)
    await comes(
      () => picture.evaluate<number, { naturalWidth: number }>((image) => image.naturalWidth),
      128,
    )
    await file.setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('no') })
    await page.getByText('That file is no picture. Choose a photo.').waitFor()
    const ben = await scene.person('Ben')
    await ben.node.engine.join(`porchlight:${id}`)
    node.engine.write(id, ['hello'])
    await ben.page.getByRole('link', { name: /Maple Street/ }).click()
    await ben.page.locator('.message img.avatar').waitFor()
    await page.getByRole('button', { name: 'No picture' }).click()
    await until(() => node.engine.avatar === null, 'it is gone')
    expect([...complaints, ...ben.complaints]).toEqual([])
  },
)

await tests.add('a picture that claims to be huge is not unpacked', async (scene) => {
  const { page, node } = await scene.person('Ada')
  const head = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82]
  node.engine.avatar = Buffer.from([...head, 0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30])
  node.engine.emit('people')
  await page.getByRole('button', { name: 'You: Ada' }).click()
  await page.locator('.avatar-form span.avatar').waitFor()
  expect(await page.locator('img').count()).toBe(0)
})

await tests.add('read receipts are switched off and on', async (scene) => {
  const { page, node } = await scene.person('Ada')
  await page.getByRole('button', { name: 'You: Ada' }).click()
  const receipts = page.getByRole('switch', { name: 'Tell others what you have read' })
  await receipts.click()
  await until(() => !node.engine.identity.readReceipts, 'they are off')
  await until(
    async () => (await receipts.getAttribute('aria-checked')) === 'false',
    'the switch to say so',
  )
})

await tests.add(
  'a device is added with a code and six digits, and cut off after a question',
  async (scene) => {
    const { page, node } = await scene.person('Ada')
    const { devices } = node.engine
    await page.getByRole('button', { name: 'You: Ada' }).click()
    await page.getByRole('button', { name: /Your devices/ }).click()
    await page.getByRole('button', { name: 'Add a device' }).click()
    await page.getByRole('img', { name: 'The pairing code as a QR code' }).waitFor()
    await comes(() => page.getByLabel('Pairing code', { exact: true }).inputValue(), FAKE_PAIRING)
    expect(devices.offers).toEqual([{ confirm: true }])
    devices.move({ state: 'asking', device: { id: 'x', name: 'Phone' }, digits: '482913' })
    await page.getByText('482913').waitFor()
    devices.add('ab'.repeat(32), 'Phone')
    await page.getByRole('button', { name: 'Yes, the same' }).click()
    await page.getByText('The new device is yours.').waitFor()
    expect(devices.answers).toEqual([true])
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(devices.list()).toHaveLength(2)
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('button', { name: 'Remove it' }).click()
    await until(() => devices.list().length === 1, 'it is cut off')
  },
)

await tests.add('a refused device is not let in, and why is told', async (scene) => {
  const { page, node } = await scene.person('Ada')
  await page.getByRole('button', { name: 'You: Ada' }).click()
  await page.getByRole('button', { name: /Your devices/ }).click()
  node.engine.devices.move({ state: 'asking', device: { id: 'x', name: 'Odd' }, digits: '111111' })
  await page.getByRole('button', { name: 'No, refuse it' }).click()
  await page.getByText('You refused the device.').waitFor()
  expect(node.engine.devices.answers).toEqual([false])
})

await tests.add(
  'a new device becomes one of a person who has Porchlight elsewhere',
  async (scene) => {
    const { page, node } = await scene.person('Someone')
    await page.getByRole('button', { name: 'I have Porchlight elsewhere' }).click()
    await page.getByLabel('The code it shows').fill(`> ${FAKE_PAIRING}\n`)
    await page.getByLabel('What to call this device').fill('Kitchen')
    await page.getByRole('button', { name: 'Make this device mine' }).click()
    await until(() => node.engine.devices.paired.length === 1, 'it asks')
    expect(node.engine.devices.paired).toEqual([{ code: FAKE_PAIRING, name: 'Kitchen' }])
    node.engine.devices.move({ state: 'asking', digits: '482913' })
    await page.getByText('482913').waitFor()
    node.engine.name = 'Ada'
    node.engine.named = true
    node.engine.devices.finishPairing()
    await page.getByRole('heading', { name: 'The light is on' }).waitFor()
  },
)
