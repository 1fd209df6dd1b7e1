const EDGE = 320
const STEEPEST = 2.5
const UNKNOWN = { width: EDGE, height: (EDGE * 3) / 4 }

/** The place kept for a picture, whatever size its sender claims: no taller or wider than is good to read around. */
export function pictureBox(claimed: { width: number; height: number } | undefined): {
  width: number
  height: number
} {
  if (!claimed || !(claimed.width > 0) || !(claimed.height > 0)) return UNKNOWN
  const ratio = Math.max(1 / STEEPEST, Math.min(STEEPEST, claimed.width / claimed.height))
  return ratio >= 1
    ? { width: EDGE, height: Math.round(EDGE / ratio) }
    : { width: Math.round(EDGE * ratio), height: EDGE }
}
