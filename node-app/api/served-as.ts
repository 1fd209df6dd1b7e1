/** What a browser may show as it is: it runs nothing in any of these. */
const INLINE = new Set([
  'image/avif',
  'image/bmp',
  'image/gif',
  'image/jpeg',
  'image/png',
  'image/webp',
  'audio/aac',
  'audio/flac',
  'audio/mp4',
  'audio/mpeg',
  'audio/ogg',
  'audio/wav',
  'audio/webm',
  'video/mp4',
  'video/ogg',
  'video/quicktime',
  'video/webm',
])

/** How a file that somebody sent is handed to a browser. */
export interface Serving {
  readonly type: string
  readonly disposition: string
}

/** Its type where that is known to be harmless, else that of bytes to be saved; `download` to save it in any case. */
export function servedAs(name: string, claimed: string, download: boolean): Serving {
  const type = claimed.split(';', 1)[0]!.trim().toLowerCase()
  const known = INLINE.has(type) ? type : type === 'text/plain' ? 'text/plain; charset=utf-8' : null
  return {
    type: known ?? 'application/octet-stream',
    disposition: `${known !== null && !download ? 'inline' : 'attachment'}; ${fileName(name)}`,
  }
}

/** The parameters `filename` and `filename*` of RFC 6266. */
function fileName(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/gu, '_')
  const exact = encodeURIComponent(name.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `filename="${plain}"; filename*=UTF-8''${exact}`
}
