/** Seeds of every scenario; a failure names its own. */
export const SEEDS = [1, 2, 3] as const

const SCALE = Number(process.env['SIM_SCALE'] ?? 1)

/** A number of devices, times `SIM_SCALE` (default 1). */
export function scaled(count: number): number {
  return Math.max(2, Math.round(count * SCALE))
}
