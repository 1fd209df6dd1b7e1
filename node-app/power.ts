/** Whether this computer lives on its battery, for what spends power by choice. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Power } from '../transports/ble/index.ts'

const MAINS: Power = { onBattery: false, level: null }
/** Of what the system lists; a computer has a few. */
const MOST_SUPPLIES = 16

/**
 * Reads what Linux tells of its power supplies (sysfs-class-power in the kernel's documentation); elsewhere, and
 * where nothing can be read, the computer is taken to be plugged in.
 */
export function readPower(dir = '/sys/class/power_supply'): Power {
  try {
    const supplies = readdirSync(dir).slice(0, MOST_SUPPLIES)
    return judgePower(supplies.map((name) => readSupply(join(dir, name))))
  } catch {
    return MAINS
  }
}

/** One directory of /sys/class/power_supply. */
export interface Supply {
  readonly type: string
  /** `Device` for the battery of a mouse and the like. */
  readonly scope: string
  readonly status: string
  /** Percent, as text. */
  readonly capacity: string
}

/** The fullest battery counts; it is on battery where one empties. */
export function judgePower(supplies: readonly Supply[]): Power {
  const own = supplies.filter(({ type, scope }) => type === 'Battery' && scope !== 'Device')
  const levels = own
    .map(({ capacity }) => (/^\d{1,3}$/.test(capacity) ? Number(capacity) / 100 : Number.NaN))
    .filter((level) => level <= 1)
  return {
    onBattery: own.some(({ status }) => status === 'Discharging'),
    level: levels.length === 0 ? null : Math.max(...levels),
  }
}

function readSupply(dir: string): Supply {
  const read = (name: string): string => {
    try {
      return readFileSync(join(dir, name), 'utf8').trim()
    } catch {
      return ''
    }
  }
  return {
    type: read('type'),
    scope: read('scope'),
    status: read('status'),
    capacity: read('capacity'),
  }
}
