/** Names of files as others claim them, made into names that are safe on any system, whatever they were. */

/** Most bytes (UTF-8) of a name. */
export const MAX_NAME = 200
const LONGEST_EXTENSION = 20
const UNNAMED = 'file'

/** Separators, what Windows reserves, and the C0 and C1 controls. */
const FORBIDDEN = /[\p{Cc}<>:"/\\|?*]/gu
/** Line and paragraph ends, direction marks and other invisible formats: they make one name pass for another. */
const INVISIBLE =
  /[\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu
/** Devices of Windows, also with an extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\s*\..*)?$/iu

/** A base name that can not leave its directory, hide, name a device or show as another; never empty. */
export function safeName(claimed: string): string {
  // What a path claims is its last part, whichever system it is of.
  const base = claimed.split(/[/\\]/u).findLast((part) => part.trim() !== '') ?? ''
  // A leading dot hides a file, and names such as `.profile` are read by programs where people put files.
  return safePart(base).replace(/^\.+/u, '_')
}

/** The name with a number, to stand beside what has it already: `a (2).txt`. */
export function numberedName(name: string, n: number): string {
  const [stem, extension] = split(name)
  return shorten(stem, extension, ` (${n})`)
}

/**
 * Relative paths of a folder's files, made safe one component at a time, in the order given. No two of the result are
 * the same on a system that folds case or normalizes, and none is a directory to another: those that would be get a
 * number. A directory that is named twice stays one.
 */
export function safePaths(claimed: readonly string[]): string[] {
  const root = newDirectory()
  return claimed.map((path) => {
    const parts = path.split(/[/\\]/u).filter((part) => part !== '' && part !== '.')
    const file = parts.pop() ?? ''
    let at = root
    const safe: string[] = []
    for (const part of parts) {
      const { name, directory } = enter(at, part)
      safe.push(name)
      at = directory
    }
    safe.push(claim(at, safePart(file)))
    return safe.join('/')
  })
}

interface Directory {
  /** Folded names that are taken. */
  readonly taken: Set<string>
  /** Directories by the name claimed for them. */
  readonly inside: Map<string, { readonly name: string; readonly directory: Directory }>
  /** Folded name → the number it got last, so that many alike cost no search each. */
  readonly numbers: Map<string, number>
}

function newDirectory(): Directory {
  return { taken: new Set(), inside: new Map(), numbers: new Map() }
}

function enter(at: Directory, claimed: string): { name: string; directory: Directory } {
  const known = at.inside.get(claimed)
  if (known) return known
  const entered = { name: claim(at, safePart(claimed)), directory: newDirectory() }
  at.inside.set(claimed, entered)
  return entered
}

function claim(at: Directory, name: string): string {
  const folded = fold(name)
  let unique = name
  for (let n = at.numbers.get(folded) ?? 1; at.taken.has(fold(unique));) {
    unique = numberedName(name, ++n)
    at.numbers.set(folded, n)
  }
  at.taken.add(fold(unique))
  return unique
}

/** Alike on systems that fold case or normalize; upper case first, as ß and ss are one to some. */
function fold(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}

function safePart(claimed: string): string {
  // Nothing longer is ever looked at in full.
  const clean = claimed
    .slice(0, 4096)
    .toWellFormed()
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(FORBIDDEN, '_')
  const trimmed = trimEnds(clean)
  const [stem, extension] = split(trimmed === '' ? UNNAMED : trimmed)
  const short = shorten(stem, extension, '')
  return DEVICE.test(short) ? shorten(`_${stem}`, extension, '') : short
}

/** Windows drops dots and spaces at the end, and who reads a name sees none of the spaces around it. */
function trimEnds(name: string): string {
  return name.replace(/[\s.]+$/u, '').trimStart()
}

function split(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf('.')
  if (dot <= 0 || Buffer.byteLength(name.slice(dot)) > LONGEST_EXTENSION) return [name, '']
  return [name.slice(0, dot), name.slice(dot)]
}

/** At most MAX_NAME bytes, cut between characters in the stem. */
function shorten(stem: string, extension: string, suffix: string): string {
  let room = MAX_NAME - Buffer.byteLength(suffix + extension)
  if (Buffer.byteLength(stem) <= room) return stem + suffix + extension
  let kept = ''
  for (const character of stem) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return (kept.trimEnd() || UNNAMED) + suffix + extension
}
