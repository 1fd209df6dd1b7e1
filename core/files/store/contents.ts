/** A folder's table of contents, the first bytes of its item: which files it has, in the order of the stream. */
import { checked, encode, list, struct, text, tryDecode, uint } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { safePaths } from '../safe-name.ts'
import type { Entry } from './layout.ts'

/** Most files of a folder. */
export const MAX_FILES = 100_000
/** Most directories on the way to a file. */
export const MAX_DEPTH = 64
/** Most bytes of a table. */
export const MAX_CONTENTS = 16 * 1024 * 1024
const MAX_PATH = 4096

const path = checked(
  text(MAX_PATH),
  (value) => value !== '' && value.split('/').length <= MAX_DEPTH + 1,
  'a path that is empty or too deep',
)

const table: Codec<Entry[]> = list(struct<Entry>({ path, size: uint }), MAX_FILES)

/** The table of files whose paths are safe and apart. */
export function encodeContents(files: readonly Entry[]): Buffer {
  return encode(
    table,
    files.map((file) => ({ path: file.path, size: file.size })),
  )
}

/**
 * The files of a table whose item has `rest` bytes behind it, with paths made safe again, whoever made it; null when
 * it is ill-formed, speaks of other bytes, or of more directories than files may be.
 */
export function decodeContents(bytes: Uint8Array, rest: number): Entry[] | null {
  if (bytes.byteLength > MAX_CONTENTS) return null
  const files = tryDecode(table, bytes)
  if (!files || files.length === 0) return null
  let sum = 0
  for (const { size } of files) sum += size
  if (sum !== rest) return null
  if (!fewDirectories(files)) return null
  const safe = safePaths(files.map((file) => file.path))
  return files.map((file, n) => ({ path: safe[n]!, size: file.size }))
}

/** Paths may name dozens of directories each: they are counted before anything is made of them. */
function fewDirectories(files: readonly Entry[]): boolean {
  const seen = new Set<string>()
  for (const { path } of files) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const directory = path.slice(0, end)
      // What is above one that was seen was seen.
      if (seen.has(directory)) break
      if (seen.size === MAX_FILES) return false
      seen.add(directory)
    }
  }
  return true
}
