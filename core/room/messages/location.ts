import type { LocationPoint } from '../../api.ts'
import { PorchlightError } from '../../errors.ts'
import { DEGREE, MAX_ACCURACY, MAX_LABEL } from './payloads.ts'
import type { PointPayload } from './payloads.ts'

/** A place as it is sent. Errors: `BAD_REQUEST`. */
export function sentPoint({ latitude, longitude, accuracy, label }: LocationPoint): PointPayload {
  const name = label?.toWellFormed().trim() ?? ''
  const fits =
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180 &&
    (accuracy === undefined || (accuracy >= 0 && accuracy <= MAX_ACCURACY)) &&
    Buffer.byteLength(name) <= MAX_LABEL
  if (!fits) {
    throw new PorchlightError(
      'BAD_REQUEST',
      `A place has a latitude from -90 to 90, a longitude from -180 to 180, an accuracy of at most ${MAX_ACCURACY} m and a short name. Nothing was sent.`,
    )
  }
  return {
    latitude: Math.round(latitude * DEGREE),
    longitude: Math.round(longitude * DEGREE),
    accuracy: accuracy === undefined ? null : Math.ceil(accuracy),
    label: name || null,
  }
}

/** A place as people see it. */
export function shownPoint({ latitude, longitude, accuracy, label }: PointPayload): LocationPoint {
  return {
    latitude: latitude / DEGREE,
    longitude: longitude / DEGREE,
    ...(accuracy !== null && { accuracy }),
    ...(label !== null && { label }),
  }
}
