import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { execFile, type ChildProcess, type spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { systemClock, type Clock } from '../../core/clock.ts'
import type { SharedPreview } from '../../core/files/api.ts'
import { packageRoot } from '../../node-app/package-root.ts'
import { Previews } from '../../node-app/previews/previews.ts'
import { patientClock } from '../compliance/patient-clock.ts'
import { until } from './until.ts'

/** Makes images as cameras do; in a process of its own, as the decoder is native code. */
const MAKER = `
import sharp from 'sharp'
const dir = process.argv[1]
const noise = (width, height) => {
  const data = Buffer.alloc(width * height * 3)
  for (let i = 0, x = 1; i < data.length; i++) data[i] = (x = (x * 1103515245 + 12345) & 0x7fffffff) >> 16
  return sharp(data, { raw: { width, height, channels: 3 } })
}
const photo = () => noise(1200, 800)
await photo().jpeg().withExif({ IFD0: { Copyright: 'canary' } }).withMetadata({ orientation: 6 }).toFile(dir + '/turned.jpg')
await photo().png().toFile(dir + '/photo.png')
await photo().webp().toFile(dir + '/photo.webp')
await noise(200, 100).gif().toFile(dir + '/photo.gif')
await noise(400, 300).avif({ effort: 0 }).toFile(dir + '/photo.avif')
await noise(400, 300).tiff().toFile(dir + '/photo.tiff')
await sharp({ create: { width: 30, height: 20, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0.5 } } }).png().toFile(dir + '/small.png')
await sharp({ create: { width: 10001, height: 10000, channels: 3, background: '#123456' } }).png().toFile(dir + '/huge.png')
`
const LOOKER = `
import sharp from 'sharp'
const chunks = []
for await (const part of process.stdin) chunks.push(part)
const { format, width, height, exif, orientation } = await sharp(Buffer.concat(chunks)).metadata()
console.log(JSON.stringify({ format, width, height, bare: exif === undefined && orientation === undefined }))
`

const signal = new AbortController().signal
let dir: string
let previews: Previews

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-previews-'))
  await node(MAKER, dir)
})
afterAll(() => rm(dir, { recursive: true }))
beforeEach(() => {
  previews = new Previews({ clock: patientClock() })
})
afterEach(() => previews.close())

async function node(program: string, argument = '', input?: Buffer): Promise<string> {
  const args = ['--input-type=module', '-e', program, argument]
  const running = promisify(execFile)(process.execPath, args, { cwd: packageRoot })
  running.child.stdin!.end(input)
  return (await running).stdout
}

async function look({ image }: SharedPreview): Promise<unknown> {
  return JSON.parse(await node(LOOKER, '', image))
}

describe('a preview', () => {
  test.each<[name: string, type: string, size: [number, number], shown: [number, number]]>([
    ['photo.png', 'image/png', [1200, 800], [320, 213]],
    ['photo.webp', 'image/webp', [1200, 800], [320, 213]],
    ['photo.gif', 'image/gif', [200, 100], [200, 100]],
    ['photo.avif', 'image/avif', [400, 300], [320, 240]],
    ['photo.tiff', 'image/tiff', [400, 300], [320, 240]],
    ['small.png', 'image/png', [30, 20], [30, 20]],
    ['turned.jpg', 'image/jpeg', [800, 1200], [213, 320]],
  ])('of %s is small, the right way up and bare', async (name, type, [width, height], shown) => {
    const made = await previews.ofFile(join(dir, name), signal)
    expect(made.type).toBe(type)
    const picture = (await made.preview)!
    expect([picture.width, picture.height]).toEqual([width, height])
    expect(picture.image.length).toBeLessThanOrEqual(8_000)
    const {
      width: w,
      height: h,
      ...rest
    } = (await look(picture)) as { width: number; height: number }
    expect(rest).toEqual({ format: 'webp', bare: true })
    // Noise is the worst there is: its picture may have had to be made smaller still.
    expect(w / h).toBeCloseTo(shown[0] / shown[1], 1)
    expect([w <= shown[0], h <= shown[1]]).toEqual([true, true])
  })

  test('of a link is that of what it leads to', async () => {
    await symlink(join(dir, 'small.png'), join(dir, 'small-link.png'))
    const { preview } = await previews.ofFile(join(dir, 'small-link.png'), signal)
    expect(await preview).toMatchObject({ width: 30, height: 20 })
  })

  test('of an upload is made while the bytes go by, untouched', async () => {
    const bytes = await readFile(join(dir, 'photo.png'))
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += 7_777) yield bytes.subarray(at, at + 7_777)
    }
    const upload = await previews.ofUpload('liar.txt', source(), signal)
    expect(upload.type).toBe('image/png')
    const parts: Uint8Array[] = []
    for await (const part of upload.bytes) parts.push(part)
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
    expect(await upload.preview).toMatchObject({ width: 1200, height: 800 })
  })

  test('of an upload that breaks off is none, and nobody waits for it', async () => {
    const bytes = await readFile(join(dir, 'photo.png'))
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 5_000)
      throw new Error('gone')
    }
    const upload = await previews.ofUpload('photo.png', source(), signal)
    const read = async (): Promise<void> => {
      for await (const part of upload.bytes) expect(part.length).toBeGreaterThan(0)
    }
    await expect(read()).rejects.toThrow('gone')
    expect(await upload.preview).toBeUndefined()
  })
})

describe('none is made', () => {
  test.each([
    ['of what is no image', 'a.txt', Buffer.from('plain words, long enough to be looked at')],
    ['of an image by name alone', 'a.png', Buffer.from('plain words, long enough to be looked at')],
    [
      'of a drawing, which is a program',
      'a.svg',
      Buffer.from('<svg xmlns="x" width="9" height="9"/>'),
    ],
    [
      'of what only begins as an image',
      'b.png',
      Buffer.from('\x89PNG\r\n\x1a\n and then words', 'latin1'),
    ],
    ['of a few bytes', 'c.png', Buffer.from('\x89PNG', 'latin1')],
  ])('%s', async (_what, name, bytes) => {
    await writeFile(join(dir, name), bytes)
    expect(await (await previews.ofFile(join(dir, name), signal)).preview).toBeUndefined()
  })

  test('of a pipe, which nobody waits for, nor of a link to one', async () => {
    const pipe = join(dir, 'pipe.png')
    await promisify(execFile)('mkfifo', [pipe])
    await symlink(pipe, join(dir, 'link.png'))
    for (const name of ['pipe.png', 'link.png']) {
      const made = await previews.ofFile(join(dir, name), signal)
      expect([made.type, await made.preview]).toEqual(['image/png', undefined])
    }
  })

  test('of more than 100 megapixels, of more than 200 MB, of a folder, of nothing', async () => {
    const path = join(dir, 'padded.png')
    await writeFile(path, await readFile(join(dir, 'small.png')))
    await truncate(path, 200_000_001)
    for (const name of ['huge.png', 'padded.png', '.', 'none.png']) {
      expect(await (await previews.ofFile(join(dir, name), signal)).preview).toBeUndefined()
    }
  })
})

describe('a decoder', () => {
  const running = async (program: string, clock: Clock = patientClock()): Promise<Previews> => {
    const script = join(dir, 'decoder.mjs')
    await writeFile(script, program)
    return new Previews({ clock, script })
  }
  const photo = (): string => join(dir, 'photo.png')

  test('that crashes harms nothing but its picture', async () => {
    const broken = await running("process.kill(process.pid, 'SIGSEGV')")
    expect(await (await broken.ofFile(photo(), signal)).preview).toBeUndefined()
  })

  test.each<[string, () => ChildProcess]>([
    [
      'for want of descriptors',
      () => {
        const child = new EventEmitter()
        const error = Object.assign(new Error('spawn EMFILE'), { code: 'EMFILE' })
        process.nextTick(() => child.emit('error', error))
        return Object.assign(child, { kill: () => false }) as ChildProcess
      },
    ],
    [
      'for want of memory',
      () => {
        throw Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' })
      },
    ],
  ])('that can not be started, %s, harms nothing but its picture', async (_why, start) => {
    const none = new Previews({ clock: systemClock, spawn: start as typeof spawn })
    expect(await (await none.ofFile(photo(), signal)).preview).toBeUndefined()
    const bytes = await readFile(photo())
    const upload = await none.ofUpload('photo.png', Readable.from([bytes]), signal)
    for await (const part of upload.bytes) expect(bytes.equals(part)).toBe(true)
    expect(await upload.preview).toBeUndefined()
  })

  test('that says too much is ended', async () => {
    const loud = await running(
      'process.stdout.write(Buffer.alloc(1 << 20)); setInterval(() => {}, 1e6)',
    )
    expect(await (await loud.ofFile(photo(), signal)).preview).toBeUndefined()
  })

  test('that hangs is ended after 10 s', async () => {
    const timers: [number, () => void][] = []
    const clock: Clock = {
      ...systemClock,
      after(ms, fn) {
        timers.push([ms, fn])
        return { cancel: () => {} }
      },
    }
    const stuck = await running('for (;;);', clock)
    const { preview } = await stuck.ofFile(photo(), signal)
    await until(() => timers.length === 1)
    expect(timers[0]![0]).toBe(10_000)
    timers[0]![1]()
    expect(await preview).toBeUndefined()
  })

  test('that is not installed is not asked again', async () => {
    const none = await running(
      "import fs from 'node:fs'; fs.appendFileSync(process.argv[1] + '.log', 'x'); process.exit(3)",
    )
    for (let i = 0; i < 3; i++) {
      expect(await (await none.ofFile(photo(), signal)).preview).toBeUndefined()
    }
    expect(await readFile(join(dir, 'decoder.mjs.log'), 'utf8')).toBe('x')
  })

  test('knows nothing of this process’s environment', async () => {
    process.env['PORCHLIGHT_CANARY'] = 'sings'
    const curious = await running(
      "import fs from 'node:fs'; fs.writeFileSync(process.argv[1] + '.env', JSON.stringify(process.env))",
    )
    await (
      await curious.ofFile(photo(), signal)
    ).preview
    delete process.env['PORCHLIGHT_CANARY']
    expect(await readFile(join(dir, 'decoder.mjs.env'), 'utf8')).not.toContain('sings')
  })

  test('is ended with the node, and with the request', async () => {
    const gone = new AbortController()
    const stuck = await running('for (;;);')
    const asked = await stuck.ofFile(photo(), gone.signal)
    const other = await stuck.ofFile(photo(), signal)
    gone.abort()
    expect(await asked.preview).toBeUndefined()
    stuck.close()
    expect(await other.preview).toBeUndefined()
  })
})
