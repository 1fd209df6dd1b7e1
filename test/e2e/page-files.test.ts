import { expect } from '@jest/globals'
import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { PorchlightError } from '../../core/errors.ts'
import { picture, saved, sound } from './page-media.ts'
import { PageTests, type Scene, type TabOptions } from './page-scene.ts'
import { comes, until } from './until.ts'

const tests = new PageTests()

/** Ben at his page, in Cleo's room. */
async function room(scene: Scene, options: TabOptions = {}) {
  const ben = await scene.person('Ben', options)
  const cleo = scene.neighbour('Cleo')
  const { id } = await cleo.createRoom('Maple Street')
  await ben.node.engine.join(`porchlight:${id}`)
  await ben.page.getByRole('link', { name: /Maple Street/ }).click()
  const box = ben.page.getByRole('textbox', { name: 'Message' })
  await box.waitFor()
  return { ...ben, ben: ben.node.engine, cleo, id, box }
}

const text = (name: string, words: string) => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(words),
})

function card(page: Page, name: string): Locator {
  return page.locator('.message', { has: page.getByRole('group', { name }) })
}

await tests.add(
  'files are looked at before they go, and go one after the other with a caption',
  async (scene) => {
    const { page, ben, cleo, id, box, complaints } = await room(scene)
    await page
      .getByLabel('Files to send')
      .setInputFiles([text('a.txt', 'one'), text('b.txt', 'two'), text('c.txt', 'three')])
    const chosen = page.getByRole('region', { name: 'Files to send' })
    await chosen.getByText('3 files, 11 B').waitFor()
    await chosen.getByRole('button', { name: 'Do not send b.txt' }).click()
    await chosen.getByText('2 files, 8 B').waitFor()
    await box.fill('for *you*')
    await box.press('Enter')
    await chosen.waitFor({ state: 'detached' })
    await card(page, 'a.txt').locator('em', { hasText: 'you' }).waitFor()
    await card(page, 'c.txt').getByRole('button', { name: 'Save c.txt' }).waitFor()
    await comes(() => page.locator('.unsent').count(), 0)
    const { messages } = await cleo.messages(id)
    expect(messages.map(({ kind, file, text: said }) => [kind, file?.name, said])).toEqual([
      ['file', 'a.txt', 'for *you*'],
      ['file', 'c.txt', ''],
    ])
    await comes(() => box.inputValue(), '')
    const { bytes } = await saved(page, () =>
      page.getByRole('button', { name: 'Save c.txt' }).click(),
    )
    expect(bytes.toString()).toBe('three')
    expect(ben.files.sent.map(({ text: said }) => said)).toEqual(['for *you*', undefined])
    expect(complaints).toEqual([])
  },
)

await tests.add('files are dropped and pasted; a folder is sent another way', async (scene) => {
  // What a page makes itself is never a folder, so one is feigned.
  const initScript = `
    DataTransferItem.prototype.webkitGetAsEntry = function () {
      return { isDirectory: this.getAsFile()?.name === 'Forms' }
    }
  `
  const { page, complaints } = await room(scene, { initScript })
  const carry = (event: string, names: readonly string[]): Promise<unknown> =>
    page.evaluate(
      `(() => {
        const dataTransfer = new DataTransfer()
        for (const name of ${JSON.stringify(names)}) dataTransfer.items.add(new File(['x'], name))
        const at = document.querySelector('.timeline')
        return at.dispatchEvent(new DragEvent('${event}', { dataTransfer, bubbles: true, cancelable: true }))
      })()`,
    )
  expect(await carry('dragover', ['map.pdf'])).toBe(false)
  await page.getByText('Drop the files here.').waitFor()
  expect(await carry('drop', ['map.pdf', 'Forms'])).toBe(false)
  await page.getByText('Drop the files here.').waitFor({ state: 'detached' })
  const chosen = page.getByRole('region', { name: 'Files to send' })
  await chosen.getByText('map.pdf').waitFor()
  await comes(() => chosen.getByRole('listitem').count(), 1)
  await page.getByText(/porchlight file send \w{8} FOLDER/).waitFor()
  const paste = (fill: string): Promise<unknown> =>
    page.evaluate(
      `(() => {
        const clipboardData = new DataTransfer()
        ${fill}
        const box = document.querySelector('textarea')
        return box.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
      })()`,
    )
  const image = `clipboardData.items.add(new File(['x'], 'image.png', { type: 'image/png' }));`
  expect(await paste(image)).toBe(false)
  await chosen.getByText(/^Pasted .*\.png$/).waitFor()
  // Words copied along with their picture are words.
  expect(await paste(`${image} clipboardData.setData('text/plain', 'words')`)).toBe(true)
  await comes(() => chosen.getByRole('listitem').count(), 2)
  expect(complaints).toEqual([])
})

await tests.add('an upload tells how far it came, and can be stopped', async (scene) => {
  const { page, ben, cleo, id } = await room(scene)
  await page
    .getByLabel('Files to send')
    .setInputFiles({ name: 'film.bin', mimeType: '', buffer: Buffer.alloc(4_000_000) })
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 40_000,
  })
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  const row = page.getByRole('group', { name: 'Sending film.bin' })
  const bar = row.getByRole('progressbar')
  const value = (): Promise<number> => bar.evaluate<number, { value: number }>(({ value }) => value)
  await until(async () => (await value()) > 0, 'it moves')
  await row.getByText(/ of 4\.0 MB/).waitFor()
  await until(() => ben.files.taking === 1, 'the node takes it')
  const asked = page.waitForEvent('dialog')
  await page.close({ runBeforeUnload: true })
  const dialog = await asked
  expect(dialog.type()).toBe('beforeunload')
  await dialog.dismiss()
  await row.getByRole('button', { name: 'Do not send film.bin' }).click()
  await row.waitFor({ state: 'detached' })
  await until(() => ben.files.taking === 0, 'the node let go of it')
  expect((await cleo.messages(id)).messages).toEqual([])
})

await tests.add('a refused upload says why, and can be sent again', async (scene) => {
  const { page, ben } = await room(scene)
  ben.files.failWith = new PorchlightError('DISK_FULL', 'The disk is full. Free some space.')
  await page.getByLabel('Files to send').setInputFiles([text('a.txt', 'one')])
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByRole('alert').getByText('Not sent. The disk is full. Free some space.').waitFor()
  ben.files.failWith = undefined
  await page.getByRole('button', { name: 'Send again' }).click()
  await card(page, 'a.txt').getByRole('button', { name: 'Save a.txt' }).waitFor()
})

await tests.add(
  'a file is fetched, paused, waited for and saved, told as it moves without a page fetched anew',
  async (scene) => {
    const { page, ben, cleo, id, complaints } = await room(scene)
    const content = Buffer.alloc(400_000, 'x')
    const file = cleo.give(id, { name: 'map.pdf', type: 'application/pdf', content })
    const row = card(page, 'map.pdf')
    await row.getByText('Not here yet. 1 device in reach has it.').waitFor()
    let pages = 0
    page.on('request', (request) => {
      if (/messages\?/.test(request.url())) pages += 1
    })
    await row.getByRole('button', { name: 'Get map.pdf 400 kB' }).click()
    await row.getByRole('button', { name: 'Pause map.pdf' }).waitFor()
    ben.files.move(id, file.id, { have: 100_000, rate: 20_000 })
    await row.getByText('100 kB of 400 kB, 20.0 kB/s, 15 s left').waitFor()
    await comes(() => row.getByRole('progressbar').getAttribute('value'), '100000')
    await row.getByRole('button', { name: 'Pause map.pdf' }).click()
    await row.getByText('Paused. 100 kB of 400 kB are here.').waitFor()
    await row.getByRole('button', { name: 'Go on map.pdf' }).click()
    ben.files.move(id, file.id, { sources: 0, reason: 'no-source', rate: undefined })
    await row.getByText(/Waits for somebody in reach who has it/).waitFor()
    const words = 'The disk is full. What is here is kept: free some space, then try again.'
    ben.files.move(id, file.id, { state: 'failed', reason: 'disk-full', words })
    await row.getByText(words).waitFor()
    await row.getByRole('button', { name: 'Try again map.pdf' }).click()
    await row.getByRole('button', { name: 'Cancel map.pdf' }).click()
    await row.getByRole('button', { name: 'Get map.pdf 400 kB' }).click()
    // The answer is here, so that it does not come after what happens next.
    await row.getByRole('button', { name: 'Pause map.pdf' }).waitFor()
    ben.files.arrive(id, file.id)
    await page.getByText('map.pdf is here.').waitFor({ state: 'attached' })
    const save = row.getByRole('button', { name: 'Save map.pdf' })
    const { name, bytes } = await saved(page, () => save.click())
    expect([name, bytes.equals(content)]).toEqual(['map.pdf', true])
    expect(pages).toBe(0)
    expect(complaints).toEqual([])
  },
)

await tests.add(
  'pictures are shown when they are here, large when pressed, and by the keyboard',
  async (scene) => {
    const { page, ben, cleo, id, complaints } = await room(scene)
    const small = await sharp(await picture())
      .resize(32)
      .webp()
      .toBuffer()
    const preview = {
      data: `data:image/webp;base64,${small.toString('base64')}`,
      width: 400,
      height: 200,
    }
    const files = []
    // One after the other: that is their order in the room.
    for (const name of ['one.jpg', 'two.jpg']) {
      files.push(cleo.give(id, { name, type: 'image/jpeg', content: await picture(), preview }))
    }
    const row = card(page, 'one.jpg')
    await row.getByRole('img', { name: 'Small preview of one.jpg' }).waitFor()
    expect(ben.files.asked).toEqual([])
    for (const file of files) ben.files.arrive(id, file.id)
    const full = row.locator('img.full')
    await until(
      () => full.evaluate<boolean, { naturalWidth: number }>((image) => image.naturalWidth === 400),
      'it is shown itself',
    )
    const opener = row.getByRole('button', { name: 'Show one.jpg large' })
    await opener.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'one.jpg' }).locator('img').waitFor()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('dialog', { name: 'two.jpg' }).locator('img').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await comes(() => opener.evaluate((element) => element.matches(':focus')), true)
    expect(complaints).toEqual([])
  },
)

await tests.add(
  'a film plays while it arrives, and asks for what is sought in it',
  async (scene) => {
    const { page, ben, cleo, id, complaints } = await room(scene, {
      initScript: 'HTMLMediaElement.prototype.play.call',
    })
    const content = sound(600)
    const file = cleo.give(id, { name: 'walk.webm', type: 'video/webm', content })
    ben.files.move(id, file.id, { state: 'downloading', have: 1_000_000 })
    await card(page, 'walk.webm').getByRole('button', { name: 'Play walk.webm' }).click()
    const film = page.locator('video')
    interface Film {
      currentTime: number
      duration: number
      play(): Promise<void>
    }
    const now = (): Promise<number> => film.evaluate<number, Film>(({ currentTime }) => currentTime)
    await until(async () => (await now()) > 0.2, 'it plays before all of it is here')
    expect(await film.evaluate<number, Film>(({ duration }) => Math.round(duration))).toBe(600)
    expect(ben.files.card(id, file.id).state).toBe('downloading')
    await film.evaluate<void, Film>((element) => {
      element.currentTime = 550
    })
    const starts = (): number[] =>
      ben.files.asked
        .filter(([what]) => what === 'read')
        .map(([, , range]) => (range as [number, number])[0])
    await until(() => starts().some((start) => start > 4_000_000), 'what is sought is asked for')
    ben.files.arrive(id, file.id)
    await until(async () => (await now()) > 550.2, 'it goes on there')
    await card(page, 'walk.webm').getByRole('button', { name: 'Save walk.webm' }).waitFor()
    expect(complaints).toEqual([])
  },
)

await tests.add('a folder lists its files, and each is saved by itself', async (scene) => {
  const { page, ben, cleo, id, complaints } = await room(scene)
  const content = new Map([
    ['register.txt', Buffer.from('who')],
    ['lists/water & bread.txt', Buffer.from('what')],
  ])
  cleo.give(id, { name: 'Forms', type: 'inode/directory', content })
  const row = card(page, 'Forms')
  await row.getByText('Folder, 2 files, 7 B').waitFor()
  await row.getByRole('button', { name: 'Show what is in it' }).click()
  await row.getByText('lists/water & bread.txt').waitFor()
  ben.files.instant = true
  const save = row.getByRole('button', { name: 'Save water & bread.txt' })
  const { name, bytes } = await saved(page, () => save.click())
  expect([name, bytes.toString()]).toEqual(['water & bread.txt', 'what'])
  expect(complaints).toEqual([])
})

await tests.add(
  'the list of a room’s files is searched, leads to the message, and deletes',
  async (scene) => {
    const { page, ben, cleo, id, complaints } = await room(scene)
    const type = 'text/plain'
    const theirs = cleo.give(id, { name: 'bread times.txt', type, content: Buffer.from('7') })
    cleo.write(
      id,
      Array.from({ length: 80 }, (_, at) => `line ${at}.`),
    )
    ben.give(id, { name: 'Map of wells.txt', type, content: Buffer.from('x') })
    ben.files.arrive(id, theirs.id)
    const open = () => page.getByRole('button', { name: 'Files of this room' }).click()
    await open()
    const list = page.getByRole('dialog', { name: 'Files of this room' })
    await list.getByText('2 files, 2 B').waitFor()
    await comes(
      () => list.locator('.file-name').allInnerTexts(),
      ['Map of wells.txt', 'bread times.txt'],
    )
    await list.getByRole('searchbox').fill('BREAD')
    await list.getByText('1 file, 1 B').waitFor()
    await list.getByRole('button', { name: 'Show bread times.txt' }).click()
    const row = card(page, 'bread times.txt')
    await until(() => row.evaluate((element) => element.matches(':focus')), 'it has the focus')
    await open()
    await list.getByRole('button', { name: 'Delete bread times.txt' }).click()
    expect(await list.getByRole('button', { name: 'Delete for everyone' }).count()).toBe(0)
    await list.getByRole('button', { name: 'Delete on this device' }).click()
    await list.getByRole('button', { name: 'Get bread times.txt 1 B' }).waitFor()
    await list.getByRole('button', { name: 'Delete Map of wells.txt' }).click()
    await list.getByRole('button', { name: 'Delete for everyone' }).click()
    await list.getByText('1 file, 1 B').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('You deleted this message.').waitFor()
    expect(ben.files.asked.filter(([what]) => what === 'remove').map(([, , all]) => all)).toEqual([
      false,
      true,
    ])
    expect(complaints).toEqual([])
  },
)

await tests.add(
  'what is fetched by itself and kept is chosen, here and everywhere',
  async (scene) => {
    const { page, ben, id, complaints } = await room(scene)
    await page.getByRole('button', { name: 'Room settings' }).click()
    await page.getByRole('button', { name: /Files: what is fetched/ }).click()
    const here = page.getByRole('region', { name: 'In this room' })
    await here.getByText('As everywhere on this device.').waitFor()
    await here.getByLabel('Over the internet').selectOption('Nothing')
    await here.getByText('Different from other rooms.').waitFor()
    await here.getByLabel('Then it is kept').selectOption('For 30 days')
    await until(() => ben.files.policy(id).keepFor === 30 * 86_400_000, 'it is kept that long')
    expect(ben.files.policy(id).autoFetch).toMatchObject({ dht: 0, lan: 100_000_000 })
    expect(ben.files.policy().autoFetch.dht).toBe(25_000_000)
    await here.getByRole('button', { name: 'As everywhere on this device' }).click()
    await here.getByText('As everywhere on this device.').waitFor()
    expect(ben.files.policy(id)).toEqual(ben.files.policy())
    await page.getByText('In all other rooms').click()
    await page.locator('details').getByLabel('Over Bluetooth').selectOption('Any size')
    await until(() => ben.files.policy().autoFetch.ble > 1e15, 'it holds everywhere')
    await page.getByLabel('Files others sent may take').selectOption('5 GB')
    await page.getByText('0 B in use of 5 GB').waitFor()
    expect((await ben.files.storage()).quota).toBe(5e9)
    expect(complaints).toEqual([])
  },
)

await tests.add(
  'A27 A29: what a file calls itself, and holds, is text and bytes wherever it is shown',
  async (scene) => {
    const { page, ben, cleo, id, complaints } = await room(scene)
    const script = '<script>window.owned=1</script><img src=x onerror="window.owned=1">'
    const hostile = (name: string, type: string, body = script, data = 'data:text/html,x') =>
      cleo.give(id, {
        name,
        type,
        content: Buffer.from(body),
        preview: { data, width: -1, height: 1e300 },
      })
    const svg = `data:image/svg+xml;base64,${Buffer.from('<svg onload="owned=1"/>').toString('base64')}`
    const given = [
      hostile('<img src=x onerror="window.owned=1">.html', 'text/html'),
      hostile('holiday\u202egnp.exe', 'image/png'),
      hostile('drawing.svg', 'image/svg+xml', '<svg onload="window.owned=1"/>', svg),
      hostile(
        'not-a-picture.png',
        'image/png',
        script,
        `data:image/png;base64,${'A'.repeat(9_000)}`,
      ),
      hostile('film.mp4', 'video/mp4'),
      hostile(`${'W'.repeat(300)}.pdf`, '"><script>'),
    ]
    for (const { id: file } of given) ben.files.arrive(id, file)
    const html = card(page, 'onerror')
    await html.getByRole('button', { name: /^Save <img/ }).waitFor()
    await page.getByText('holiday\ufffdgnp.exe').waitFor()
    await page.getByText('A program can do anything on your device: be sure who made it.').waitFor()
    await page.getByText(/^W+…W+\.pdf$/).waitFor()
    await page.getByRole('button', { name: 'Play film.mp4' }).click()
    await page.getByText('This browser cannot play it.').waitFor()
    const before = page.url()
    const { bytes } = await saved(page, () =>
      html.getByRole('button', { name: /^Save <img/ }).click(),
    )
    expect(bytes.toString()).toBe(script)
    expect(page.url()).toBe(before)
    await page.getByRole('button', { name: 'Files of this room' }).click()
    await page.getByRole('dialog').getByText('holiday\ufffdgnp.exe').waitFor()
    expect(await page.locator('img, iframe, script:not([src]), object, embed').count()).toBe(0)
    expect(await page.evaluate('window.owned')).toBeUndefined()
    expect(complaints).toEqual([])
  },
)
