import { imageSize } from '../text/image-size.ts'

/** Pictures kept as objects; the page's policy allows no data: address. */
const MAX_KEPT = 600
/** A picture that is larger when it is unpacked is not shown. */
const MAX_EDGE = 512
const DATA = /^data:(image\/(?:png|jpeg|webp));base64,([A-Za-z0-9+/]{4,40000}={0,2})$/

const urls = new Map<string, string | null>()

/** An address of a small picture from others that an <img> may show; null when it is none. */
export function pictureUrl(data: string): string | null {
  const known = urls.get(data)
  if (known !== undefined) return known
  const made = make(data)
  urls.set(data, made)
  if (urls.size > MAX_KEPT) {
    const [oldest, url] = urls.entries().next().value ?? []
    if (oldest !== undefined) urls.delete(oldest)
    if (typeof url === 'string') URL.revokeObjectURL(url)
  }
  return made
}

function make(data: string): string | null {
  const found = DATA.exec(data)
  if (!found) return null
  try {
    const bytes = Uint8Array.from(atob(found[2] ?? ''), (character) => character.charCodeAt(0))
    const size = imageSize(bytes)
    if (!size || size.width > MAX_EDGE || size.height > MAX_EDGE) return null
    return URL.createObjectURL(new Blob([bytes], { type: found[1] ?? '' }))
  } catch {
    return null
  }
}
