import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import sharp from 'sharp'

/** A photo of one colour, twice as wide as high. */
export function picture(edge = 400): Promise<Buffer> {
  const background = { r: 200, g: 120, b: 40 }
  return sharp({ create: { width: edge, height: edge / 2, channels: 3, background } })
    .jpeg()
    .toBuffer()
}

/** A sound that players take for a film: seconds of silence: 8,000 bytes each. */
export function sound(seconds: number): Buffer {
  const data = Buffer.alloc(seconds * 8_000, 0x80)
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + data.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(8_000, 24)
  head.writeUInt32LE(8_000, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(data.length, 40)
  return Buffer.concat([head, data])
}

/** What the browser saved when something was pressed. */
export async function saved(
  page: Page,
  press: () => Promise<void>,
): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), press()])
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
}
