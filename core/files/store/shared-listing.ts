/** A shared folder's table of contents as others get it, and where its files stand here; sealed on the disk. */
import { bounded, bytes, encode, list, struct, text, tryDecode } from '../../codec/codec.ts'
import { MAX_CONTENTS, MAX_FILES, decodeContents, encodeContents } from './contents.ts'
import { Layout } from './layout.ts'
import type { LaidEntry } from './layout.ts'

interface Listing {
  contents: Buffer
  /** Files that others see under another name than they have here. */
  renamed: { n: number; local: string }[]
}

const codec = struct<Listing>({
  contents: bytes(MAX_CONTENTS),
  renamed: list(struct({ n: bounded(MAX_FILES), local: text(4096) }), MAX_FILES),
})

/** For files whose paths are safe and apart. */
export function encodeListing(files: readonly LaidEntry[]): { listing: Buffer; contents: Buffer } {
  const contents = encodeContents(files)
  const renamed = files
    .map(({ local, path }, n) => ({ n, local, path }))
    .filter(({ local, path }) => local !== path)
    .map(({ n, local }) => ({ n, local }))
  return { listing: encode(codec, { contents, renamed }), contents }
}

/** The layout of a shared folder with so many bytes in all; null for what `encodeListing` did not write. */
export function decodeListing(stored: Uint8Array, size: number): Layout | null {
  const listing = tryDecode(codec, stored)
  const length = listing?.contents.byteLength ?? 0
  const files = listing && decodeContents(listing.contents, size - length)
  if (!files) return null
  const locals = new Map(listing.renamed.map(({ n, local }) => [n, local]))
  const laid = files.map((file, n) => ({ ...file, local: locals.get(n) ?? file.path }))
  return new Layout(laid, { length, at: { bytes: listing.contents } })
}
