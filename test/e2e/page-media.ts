import { readFile } from 'node:fs/promises'
import type { Download, Page } from 'playwright-core'
import sharp from 'sharp'
import { LIMIT_MS } from './until.ts'

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

/** A press that meets a button just as it is drawn anew is lost, to a person as here: it is pressed again. */
const PRESSES = 4
const PATIENCE = 5_000

/** What the browser saved when something was pressed. */
export async function saved(
  page: Page,
  press: () => Promise<void>,
): Promise<{ name: string; bytes: Buffer }> {
  const pressed = async (left: number): Promise<Download> => {
    const timeout = left > 1 ? PATIENCE : LIMIT_MS
    const coming = page.waitForEvent('download', { timeout })
    const outcome = coming.catch((error: unknown) => error as Error)
    await press()
    const got = await outcome
    if (!(got instanceof Error)) return got
    if (left === 1) throw got
    return pressed(left - 1)
  }
  const download = await pressed(PRESSES)
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
}
