/** Characters that mail programs and chats slip into a copied link. */
const INVISIBLE = /[\s\u00ad\u200b-\u200f\u2060\ufeff]+/g

/**
 * The invite in what a person pasted: with words before it, broken over lines, quoted or indented.
 * Null when there is none.
 */
export function inviteIn(pasted: string): string | null {
  const start = pasted.toLowerCase().lastIndexOf('porchlight:')
  if (start < 0) return null
  const paragraph = pasted.slice(start).split(/\n[ \t\r]*\n/)[0] ?? ''
  const compact = paragraph.replace(/^[>|]\s?/gm, '').replace(INVISIBLE, '')
  const found = /^porchlight:([\w\-.~/?=&%+#:]+)/i.exec(compact)
  return found ? `porchlight:${found[1]}` : null
}
