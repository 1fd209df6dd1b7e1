import { PorchlightError } from '../../errors.ts'
import type { SharingSettings } from '../api.ts'

const MB = 1024 * 1024

/** A device of which nobody decided: it carries a little for others, and passes circuits on. */
export const DEFAULT_SHARING: SharingSettings = {
  neighbourhood: false,
  quota: 1024 * MB,
  carry: true,
  carryQuota: 256 * MB,
  relay: true,
}

const WORDS: { readonly [K in keyof SharingSettings]: string } = {
  neighbourhood: 'Whether this device offers space is on or off.',
  quota: 'The space for others is a whole number of bytes, at least 1 MiB.',
  carry: 'Whether this device carries for strangers is on or off.',
  carryQuota: 'The space for what is carried is a whole number of bytes, at least 1 MiB.',
  relay: 'Whether this device passes others on is on or off.',
}

/** True for a value that this setting can have. */
export function isSharing(name: keyof SharingSettings, value: unknown): boolean {
  if (typeof DEFAULT_SHARING[name] === 'boolean') return typeof value === 'boolean'
  return Number.isSafeInteger(value) && (value as number) >= MB
}

/** The settings after a change. Errors: `BAD_REQUEST`. */
export function changeSharing(
  before: SharingSettings,
  change: Partial<SharingSettings>,
): SharingSettings {
  for (const [name, value] of Object.entries(change)) {
    const known = name in WORDS ? (name as keyof SharingSettings) : null
    if (known && isSharing(known, value)) continue
    const words = known ? WORDS[known] : `There is no setting “${name.slice(0, 40)}”.`
    throw new PorchlightError('BAD_REQUEST', `${words} Nothing was changed.`)
  }
  return { ...before, ...change }
}

/**
 * Whether transports relay for others on the internet: only where people agreed that the device is for the
 * neighbourhood; a person's own passes circuits on, which cost little.
 */
export function relaysInternet({ neighbourhood, relay }: SharingSettings): boolean {
  return neighbourhood && relay
}
