import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TransportView } from '../../core/api.ts'
import type { Finding } from '../api/schemas.ts'
import type { DoctorFacts } from './check.ts'

/** What this computer shows of its adapters. */
export interface Adapters {
  /** As the kernel names them: `hci0`; undefined where the system does not tell. */
  readonly names: readonly string[] | undefined
  /** What keeps them silent: a switch in software, or one that has to be moved by hand. */
  readonly blocked: 'soft' | 'hard' | undefined
}

/** Can Bluetooth be used, and is it? */
export function checkBluetooth({ node }: DoctorFacts): Finding {
  return judgeBluetooth(
    adaptersHere(),
    node && { view: node.transports.find(({ id }) => id === 'ble') },
  )
}

/** `node` is absent while none runs; its `view` where it runs without Bluetooth. */
export function judgeBluetooth(
  { names, blocked }: Adapters,
  node: { readonly view: TransportView | undefined } | undefined,
): Finding {
  const check = 'bluetooth'
  const others = 'Everything else goes on without it.'
  if (blocked !== undefined) {
    return {
      check,
      ok: false,
      says: `Bluetooth is blocked on this computer. ${others}`,
      fix:
        blocked === 'soft'
          ? 'Run `rfkill unblock bluetooth`, or switch it on in the settings of the desktop.'
          : 'Move the switch for wireless on the computer, or allow Bluetooth in its firmware.',
    }
  }
  if (names?.length === 0) {
    return {
      check,
      ok: true,
      says: `There is no Bluetooth adapter here. ${others}`,
      fix: 'A USB adapter for Bluetooth 4.0 or newer adds it.',
    }
  }
  const here = names === undefined ? 'Bluetooth' : `Bluetooth (${names.join(', ')})`
  if (node === undefined) {
    return { check, ok: true, says: `${here} is there; no node is running that would use it.` }
  }
  const { view } = node
  if (view === undefined || view.state === 'off') {
    return {
      check,
      ok: true,
      says: `${here} is switched off in this node.`,
      fix: 'Run `porchlight transport on ble` to find people near without any network.',
    }
  }
  if (view.state === 'unavailable') {
    return {
      check,
      ok: false,
      says: `${here} can not be used: ${view.reason ?? 'the reason is not known.'}`,
      fix: `Do what it says there, then \`porchlight transport off ble\` and \`on ble\`. ${others}`,
    }
  }
  const people = view.peers === 1 ? '1 device is linked' : `${view.peers} devices are linked`
  return { check, ok: true, says: `${here} is ${view.state}; ${people}.` }
}

/** Looks in sysfs; on other systems than Linux nothing is told. */
export function adaptersHere(sys = '/sys/class', platform: string = process.platform): Adapters {
  if (platform !== 'linux') return { names: undefined, blocked: undefined }
  // `hci0:64` and the like are links, not adapters.
  const names = list(join(sys, 'bluetooth')).filter((name) => /^hci\d+$/.test(name))
  const switches = list(join(sys, 'rfkill'))
    .map((name) => join(sys, 'rfkill', name))
    .filter((dir) => text(dir, 'type') === 'bluetooth')
  const blockedBy = (kind: 'soft' | 'hard'): boolean =>
    switches.length > 0 && switches.every((dir) => text(dir, kind) === '1')
  return {
    names,
    blocked: blockedBy('hard') ? 'hard' : blockedBy('soft') ? 'soft' : undefined,
  }
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

function text(dir: string, name: string): string {
  try {
    return readFileSync(join(dir, name), 'utf8').trim()
  } catch {
    return ''
  }
}
