import { InvalidArgumentError } from 'commander'
import type { LocationPoint } from '../api/schemas.ts'
import { plain } from './terminal-text.ts'

/** WGS 84 degrees. */
export interface Place {
  readonly latitude: number
  readonly longitude: number
}

/** Reads `53.5459,9.9667`. */
export function parsePlace(text: string): Place {
  const match = /^(-?\d{1,2}(?:\.\d{1,12})?),\s*(-?\d{1,3}(?:\.\d{1,12})?)$/.exec(text)
  const [latitude, longitude] = [Number(match?.[1]), Number(match?.[2])]
  if (match === null || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) {
    throw new InvalidArgumentError('Use latitude,longitude in degrees, as in 53.5459,9.9667.')
  }
  return { latitude, longitude }
}

/** A place for people: `53.54590, 9.96670 ±20 m (the pump)`. */
export function formatPlace({ latitude, longitude, accuracy, label }: LocationPoint): string {
  const within = accuracy === undefined ? '' : ` ±${Math.ceil(accuracy)} m`
  const named = label === undefined || label === '' ? '' : ` (${plain(label)})`
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}${within}${named}`
}
