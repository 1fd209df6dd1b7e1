/** A point on the earth, as it is typed and as it is shown. */
export interface Point {
  readonly latitude: number
  readonly longitude: number
}

const PAIR =
  /(-?\d{1,3}(?:\.\d+)?)\s*°?\s*([NSns])?\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*°?\s*([EWOewo])?/

/** The coordinates in what a person typed or pasted (“52.5, 13.4”, a geo: link); null when there are none. */
export function pointIn(text: string): Point | null {
  const found = PAIR.exec(text.slice(0, 500))
  if (!found) return null
  const latitude = Number(found[1]) * (/s/i.test(found[2] ?? '') ? -1 : 1)
  const longitude = Number(found[3]) * (/w/i.test(found[4] ?? '') ? -1 : 1)
  const real = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  return real ? { latitude, longitude } : null
}

/** “52.52000, 13.40500”: about a metre. */
export function pointWords({ latitude, longitude }: Point): string {
  return `${degrees(latitude)}, ${degrees(longitude)}`
}

/** A link that opens whichever map app the device has; null when the point is none. */
export function geoLink({ latitude, longitude }: Point): string | null {
  const real = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  return real ? `geo:${degrees(latitude)},${degrees(longitude)}` : null
}

function degrees(value: number): string {
  return Number.isFinite(value) ? value.toFixed(5) : '?'
}
