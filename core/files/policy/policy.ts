/** What is fetched without being asked for, and for how long it is kept: a room's own rules over the device's. */
import { PorchlightError } from '../../errors.ts'
import type { AutoFetch, FilePolicy, FilePolicyChange } from '../api.ts'

const MINUTE = 60_000
/** Bounds of `keepFor`, in ms: a minute and ten years. */
const MIN_KEEP = MINUTE
const MAX_KEEP = 10 * 366 * 24 * 60 * MINUTE

/** What a file of a folder takes of a disk, however small it is. */
const BYTES_A_FILE = 4_096

/** What is known of an item before it is fetched. */
export interface Carried {
  readonly size: number
  /** Bytes of the table of contents; 0 for a single file. */
  readonly contents: number
  readonly files: number
}

/** Bytes of one author that are fetched by themselves while nobody opens them. */
export const MAX_UNOPENED = 1_000_000_000

/** Decided by nobody: as Porchlight comes. MB are a million bytes. */
export const DEFAULT_POLICY: FilePolicy = {
  autoFetch: { lan: 100_000_000, dht: 25_000_000, ble: 64_000, other: 25_000_000 },
  keepFor: null,
}

/** What was decided, for the device or for a room; what is absent falls back. */
export interface PolicyChoice {
  readonly autoFetch?: Partial<AutoFetch>
  readonly keepFor?: number | null
}

/** The policy that a choice makes of the one that it falls back to. */
export function policyOf(choice: PolicyChoice | undefined, fallback: FilePolicy): FilePolicy {
  return {
    autoFetch: { ...fallback.autoFetch, ...choice?.autoFetch },
    keepFor: choice?.keepFor === undefined ? fallback.keepFor : choice.keepFor,
  }
}

/** A choice after a change of it. Errors: `BAD_REQUEST`. */
export function changedChoice(
  choice: PolicyChoice | undefined,
  { autoFetch, keepFor }: FilePolicyChange,
): PolicyChoice {
  for (const [name, bytes] of Object.entries(autoFetch ?? {})) checkLimit(name, bytes)
  if (keepFor !== undefined && keepFor !== null && keepFor !== 'default') checkKeepFor(keepFor)
  const limits = autoFetch === null ? undefined : { ...choice?.autoFetch, ...given(autoFetch) }
  const kept = keepFor === undefined ? choice?.keepFor : keepFor
  return {
    ...(limits && Object.keys(limits).length > 0 && { autoFetch: limits }),
    ...(kept !== undefined && kept !== 'default' && { keepFor: kept }),
  }
}

/** What is known to be a choice, of what a file says; null for nothing of the kind. */
export function readChoice(stored: unknown): PolicyChoice | null {
  if (typeof stored !== 'object' || stored === null) return null
  const { autoFetch, keepFor } = stored as FilePolicyChange
  try {
    return changedChoice(undefined, {
      ...(autoFetch !== undefined && { autoFetch }),
      ...(keepFor !== undefined && { keepFor }),
    })
  } catch {
    return null
  }
}

/** Bytes that an item counts as: many small files cost a disk more than they hold. */
export function autoFetchSize({ size, contents, files }: Carried): number {
  return contents === 0 ? size : size + files * BYTES_A_FILE
}

/** True for an item small enough to be fetched over a transport by itself; a limit of 0 fetches nothing. */
export function mayAutoFetch({ autoFetch }: FilePolicy, transport: string, size: number): boolean {
  return size <= autoFetch[limitOf(transport)]
}

/** True for an item that some transport may bring by itself. */
export function mayComeByItself({ autoFetch }: FilePolicy, size: number): boolean {
  return Object.values(autoFetch).some((most) => size <= most)
}

/** Errors: `BAD_REQUEST`. */
export function checkQuota(bytes: number | null): void {
  if (bytes === null || isBytes(bytes)) return
  throw new PorchlightError(
    'BAD_REQUEST',
    'A quota is a number of bytes, or none at all. The one before was kept.',
  )
}

/** A circuit is others' bandwidth: what is fetched by itself over it is as little as over a radio. */
function limitOf(transport: string): keyof AutoFetch {
  if (transport === 'circuit') return 'ble'
  return isNamed(transport) ? transport : 'other'
}

function isNamed(name: string): name is keyof AutoFetch {
  return Object.hasOwn(DEFAULT_POLICY.autoFetch, name)
}

function isBytes(bytes: unknown): bytes is number {
  return Number.isSafeInteger(bytes) && (bytes as number) >= 0
}

function checkLimit(name: string, bytes: unknown): void {
  if (!isNamed(name)) {
    const known = Object.keys(DEFAULT_POLICY.autoFetch).join(', ')
    throw new PorchlightError(
      'BAD_REQUEST',
      `There is no limit for “${name.slice(0, 40)}”: there are ${known}. Nothing was changed.`,
    )
  }
  if (bytes === undefined || isBytes(bytes)) return
  throw new PorchlightError(
    'BAD_REQUEST',
    `The limit for ${name} is a number of bytes from 0 on; 0 fetches nothing by itself. Nothing was changed.`,
  )
}

function checkKeepFor(keepFor: number): void {
  if (Number.isInteger(keepFor) && keepFor >= MIN_KEEP && keepFor <= MAX_KEEP) return
  throw new PorchlightError(
    'BAD_REQUEST',
    'Files are kept for a minute at the least and ten years at the most, or for ever. Nothing was changed.',
  )
}

function given(limits: Partial<AutoFetch> | undefined): Partial<AutoFetch> {
  return Object.fromEntries(
    Object.entries(limits ?? {}).filter(([, bytes]) => bytes !== undefined),
  ) as Partial<AutoFetch>
}
