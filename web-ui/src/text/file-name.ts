/** Controls, and what turns the order of the letters around it: `gnp.exe` would read `exe.png`. */
const DECEIVING =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g
const LONGEST = 64
const TAIL = 18

/** A name as it may be shown: in one line, with a mark wherever something in it would deceive. */
export function shownName(name: string): string {
  const plain = name.replace(/\s+/g, ' ').trim().replace(DECEIVING, '\ufffd')
  return plain === '' ? 'Unnamed' : plain
}

/** The same, cut in its middle when it is long, so that its ending stays in view. */
export function shortName(name: string, longest = LONGEST): string {
  const letters = Array.from(shownName(name))
  if (letters.length <= longest) return letters.join('')
  const head = letters.slice(0, longest - TAIL - 1).join('')
  return `${head}…${letters.slice(-TAIL).join('')}`
}

/** What follows the last dot, in small letters; empty when there is nothing short. */
export function extension(name: string): string {
  return /\.([\p{L}\p{N}]{1,8})$/u.exec(name.trim())?.[1]?.toLowerCase() ?? ''
}

/** A name for something pasted that has none of its own. */
export function pastedName(type: string, at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const time = `${two(at.getHours())}.${two(at.getMinutes())}.${two(at.getSeconds())}`
  const ending = /^image\/(png|jpeg|gif|webp)$/.exec(type)?.[1] ?? 'bin'
  return `Pasted ${day} ${time}.${ending === 'jpeg' ? 'jpg' : ending}`
}

/** Whether a name has all of these words in it, in any order. */
export function matchesName(name: string, words: string): boolean {
  const within = name.toLocaleLowerCase()
  return words
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => within.includes(word))
}
