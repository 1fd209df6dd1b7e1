/** The edge of a picture that others get, and what it may weigh. */
const EDGE = 128
const MAX_BYTES = 24_000
const QUALITIES = [0.86, 0.7, 0.5, 0.3]

/** A picture file as a small square in base64, without what its file said of camera and place. Throws. */
export async function smallPicture(file: Blob): Promise<string> {
  const url = URL.createObjectURL(file)
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = EDGE
    canvas.height = EDGE
    const edge = Math.min(image.naturalWidth, image.naturalHeight)
    const left = (image.naturalWidth - edge) / 2
    const top = (image.naturalHeight - edge) / 2
    canvas.getContext('2d')?.drawImage(image, left, top, edge, edge, 0, 0, EDGE, EDGE)
    for (const quality of QUALITIES) {
      // A browser that cannot write WebP answers with a PNG.
      for (const type of ['image/webp', 'image/jpeg']) {
        const base64 = canvas.toDataURL(type, quality).split(',')[1] ?? ''
        if (base64.length > 0 && base64.length * 0.75 <= MAX_BYTES) return base64
      }
    }
    throw new Error('too large')
  } finally {
    URL.revokeObjectURL(url)
  }
}
