import { open, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { PorchlightError } from '../../errors.ts'
import { syncDirectory } from '../../durability/private-file.ts'
import type { Random } from '../../random.ts'
import type { ShareProgress } from '../api.ts'
import { HASH } from '../descriptor.ts'
import type { ItemRef } from '../descriptor.ts'
import { safePaths } from '../safe-name.ts'
import type { ChunkWork } from '../work/chunk-work.ts'
import { buildManifest } from './build-manifest.ts'
import { disk } from './item-files.ts'
import type { StoreContext } from './item-files.ts'
import { Layout } from './layout.ts'
import { makeDirectory } from './put-in-place.ts'
import type { SealTags } from './seal-tags.ts'
import { encodeListing } from './shared-listing.ts'
import { assertShareable, assertUnchanged, findFiles } from './source.ts'

/** What is offered, once all of it was read. */
export interface Offered {
  readonly ref: ItemRef
  readonly manifest: Buffer
  readonly tags: SealTags
  readonly layout: Layout
  /** Of a folder: its table, and where its files stand; to be sealed. */
  readonly listing: Buffer | null
}

/** Reads a file or a folder, named `name` for others, and seals it by a fresh key. Errors: as `ItemStore.share`. */
export async function readToShare(
  place: string,
  name: string,
  { work, random }: { readonly work: ChunkWork; readonly random: Random },
  options: { signal?: AbortSignal | undefined; onprogress?: ShareProgress | undefined },
): Promise<Offered> {
  const found = await findFiles(place, options.signal)
  const folder = found.length > 1 || found[0]!.local !== ''
  const key = random.bytes(HASH)
  let listing: Buffer | null = null
  let layout = new Layout([{ path: name, size: found[0]!.size, local: '' }])
  if (folder) {
    const paths = safePaths(found.map((file) => file.local))
    const entries = found.map(({ local, size }, n) => ({ local, size, path: paths[n]! }))
    const encoded = encodeListing(entries)
    listing = encoded.listing
    layout = new Layout(entries, {
      length: encoded.contents.byteLength,
      at: { bytes: encoded.contents },
    })
  }
  const contents = layout.size - found.reduce((sum, { size }) => sum + size, 0)
  assertShareable(layout.size, contents)
  const built = await buildManifest({ work, layout, place, key, contents }, options)
  await assertUnchanged(place, found)
  return { ...built, layout, listing }
}

/** Stores a stream as a file of a new directory; returns its path. Errors: `DISK_FULL`, the stream's, the signal's reason. */
export async function storeStream(
  home: string,
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  { space, signal }: Pick<StoreContext, 'space'> & { signal: AbortSignal },
): Promise<string> {
  const path = join(home, name)
  await disk(() => makeDirectory(home, 0o700))
  const file = await disk(() => open(path, 'wx', 0o600))
  try {
    for await (const piece of untilAborted(bytes, signal)) {
      const written = await space(piece.byteLength)
      await disk(() => file.appendFile(piece)).finally(() => written?.())
    }
    await disk(() => file.datasync())
  } finally {
    await file.close()
  }
  await syncDirectory(home)
  return path
}

/** Errors: `FORBIDDEN` for a (real) path that is in the node's own directory, or has it in it: there are its keys. */
export async function assertNotOwn(place: string, data: string): Promise<void> {
  const own = await realpath(data)
  const below = (path: string, above: string): boolean =>
    path === above || path.startsWith(above.endsWith(sep) ? above : above + sep)
  if (!below(place, own) && !below(own, place)) return
  throw new PorchlightError(
    'FORBIDDEN',
    'Porchlight keeps its own data there, with the keys of this device. Nothing was sent; choose another file or folder.',
  )
}

/** The pieces of a stream; whatever it does, it ends with the signal's reason once that is aborted. */
async function* untilAborted(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stream = bytes[Symbol.asyncIterator]()
  let stop = (_reason: unknown): void => {}
  const onabort = (): void => stop(signal.reason)
  signal.addEventListener('abort', onabort, { once: true })
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        stop = reject
        stream.next().then(resolve, reject)
      })
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onabort)
    stream.return?.().catch(() => {})
  }
}
