/** A stretch of a message: plain, or an address that may be opened. */
export interface TextPart {
  readonly text: string
  readonly href?: string
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/gi
/** Punctuation that ends a sentence or a bold stretch, not an address. */
const TRAILING = /[.,:;!?…)\]}»”’*]+$/

/** Cuts a message at its web addresses; only http and https ever become links. */
export function linkedText(text: string): TextPart[] {
  const parts: TextPart[] = []
  let done = 0
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0])
    const href = safeAddress(address)
    if (href === null) continue
    if (match.index > done) parts.push({ text: text.slice(done, match.index) })
    parts.push({ text: address, href })
    done = match.index + address.length
  }
  if (done < text.length) parts.push({ text: text.slice(done) })
  return parts
}

function trimmed(address: string): string {
  const cut = address.replace(TRAILING, '')
  // A bracket that was opened inside the address belongs to it.
  const tail = address.slice(cut.length)
  return tail.startsWith(')') && cut.includes('(') ? `${cut})` : cut
}

function safeAddress(address: string): string | null {
  try {
    const url = new URL(address)
    const web = url.protocol === 'http:' || url.protocol === 'https:'
    // A user name in an address is there to disguise the host.
    return web && url.username === '' && url.password === '' ? url.href : null
  } catch {
    return null
  }
}
