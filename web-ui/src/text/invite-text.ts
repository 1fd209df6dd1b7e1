/** Characters that mail programs and chats slip into a copied link. */
const INVISIBLE = /[\s\u00ad\u200b-\u200f\u2060\ufeff]+/g

/**
 * The invite in what a person pasted: with words before it, broken over lines, quoted or indented.
 * Null when there is none.
 */
export function inviteIn(pasted: string): string | null {
  return codeIn(pasted, 'porchlight:')
}

/** The code for pairing a device in what a person pasted; null when there is none. */
export function pairingCodeIn(pasted: string): string | null {
  return codeIn(pasted, 'porchlight-pair:')
}

function codeIn(pasted: string, scheme: string): string | null {
  const start = pasted.toLowerCase().lastIndexOf(scheme)
  if (start < 0) return null
  const paragraph = pasted.slice(start).split(/\n[ \t\r]*\n/)[0] ?? ''
  const compact = paragraph.replace(/^[>|]\s?/gm, '').replace(INVISIBLE, '')
  const found = /^[\w\-.~/?=&%+#:]+/.exec(compact.slice(scheme.length))
  return found ? `${scheme}${found[0]}` : null
}
