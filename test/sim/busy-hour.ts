import { Town } from './receipt-town.ts'
import type { TownDevice } from './receipt-town.ts'

const HOUR = 3_600_000

/** Neighbours in a line: most authors are out of a device's reach, so sessions tell them nothing. */
export function line(devices: readonly TownDevice[]): void {
  devices.slice(1).forEach((device, i) => device.link(devices[i]!))
}

/** The person of each device: every fourth is somebody's second. */
export function persons(count: number): number[] {
  return Array.from({ length: count }, (_, n) => (n % 4 === 3 ? n - 3 : n))
}

/** After a quiet day, people in a line talk for an hour, in gaps by chance, and read as they go. */
export async function busyHour(options: {
  readonly seed: number
  readonly devices: number
  readonly messages: number
}): Promise<Town> {
  const town = new Town({ seed: options.seed, persons: persons(options.devices) })
  line(town.devices)
  await town.clock.run(24 * HOUR)
  for (let said = 0; said < options.messages; said++) {
    const gap = -Math.log(1 - town.random.float()) * (HOUR / options.messages)
    await town.clock.run(gap)
    town.pick(town.devices).say(20 + Math.floor(town.random.float() * 200))
    if (town.random.float() < 0.3) town.pick(town.devices).readAll()
  }
  return town
}
