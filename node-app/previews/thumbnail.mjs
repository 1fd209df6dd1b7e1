/**
 * A process of its own that makes one small picture: `thumbnail.mjs [PATH]`, of standard input without a path. Decoders
 * are native code that meets strangers' bytes: whatever happens in here, the node goes on. Writes the image's width and
 * height (u32 LE each), then the picture. Exit 0 done, 1 no picture, 3 sharp is not installed.
 */
import { stdin, stdout, argv, exit, memoryUsage } from 'node:process'

const MOST_PIXELS = 100_000_000
const MOST_MEMORY = 512 << 20
const MOST_BYTES = 8_000
const SIDES = [320, 240, 160, 96]
const QUALITIES = [80, 65, 50, 35, 20]
const LOADERS = ['Jpeg', 'Png', 'Nsgif', 'Webp', 'Heif', 'Tiff'].flatMap((name) =>
  ['File', 'Buffer'].map((from) => `VipsForeignLoad${name}${from}`),
)

setInterval(() => {
  if (memoryUsage.rss() > MOST_MEMORY) exit(1)
}, 50).unref()

const { default: sharp } = await import('sharp').catch(() => exit(3))
sharp.cache(false)
sharp.concurrency(1)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: LOADERS })

try {
  const input = argv[2] ?? (await readAll())
  const options = { limitInputPixels: MOST_PIXELS, sequentialRead: true, failOn: 'error' }
  const { autoOrient, width, height } = await sharp(input, options).metadata()
  const size = { width: autoOrient?.width ?? width, height: autoOrient?.height ?? height }
  const { data, info } = await sharp(input, options)
    .autoOrient()
    .resize(SIDES[0], SIDES[0], { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const picture = await smallest(data, info)
  if (!picture) exit(1)
  const head = Buffer.alloc(8)
  head.writeUInt32LE(size.width, 0)
  head.writeUInt32LE(size.height, 4)
  stdout.write(Buffer.concat([head, picture]), () => exit(0))
} catch {
  exit(1)
}

/** The best that fits, as WebP; undefined when nothing does. */
async function smallest(data, { width, height, channels }) {
  const raw = { raw: { width, height, channels } }
  for (const side of SIDES) {
    for (const quality of QUALITIES) {
      const picture = await sharp(data, raw)
        .resize(side, side, { fit: 'inside', withoutEnlargement: true })
        .webp({ quality, effort: 4 })
        .toBuffer()
      if (picture.length <= MOST_BYTES) return picture
    }
  }
  return undefined
}

async function readAll() {
  const parts = []
  for await (const part of stdin) parts.push(part)
  return Buffer.concat(parts)
}
