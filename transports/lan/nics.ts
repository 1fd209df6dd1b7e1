/** The addresses of this computer's network interfaces, and what changed among them. */
import { readFileSync } from 'node:fs'
import { networkInterfaces, platform } from 'node:os'
import { isLanAddress, isLinkLocal6 } from './lan-address.ts'

/** One address of one interface. */
export interface Nic {
  readonly name: string
  /** IPv6 link-local ones carry their scope: `fe80::1%eth0`. */
  readonly address: string
  readonly family: 4 | 6
  readonly netmask: string
  readonly mac: string
  /** The kernel's number of the interface; another one when it was removed and made again. */
  readonly index: number | undefined
  /** True for this computer's own loopback. */
  readonly internal: boolean
}

/** Lists the interfaces as they are now. */
export type NicSource = () => readonly Nic[]

/** More are not announced on: each costs sockets and packets. */
const MAX_NICS = 16

function indexOf(name: string): number | undefined {
  if (platform() !== 'linux') return undefined
  try {
    const index = Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'latin1'))
    return Number.isInteger(index) ? index : undefined
  } catch {
    return undefined
  }
}

/** Asks the operating system. */
export const systemNics: NicSource = () => {
  const nics: Nic[] = []
  for (const [name, entries] of Object.entries(networkInterfaces())) {
    const index = indexOf(name)
    for (const entry of entries ?? []) {
      const scoped = entry.family === 'IPv6' && isLinkLocal6(entry.address)
      const scope = platform() === 'win32' && entry.family === 'IPv6' ? entry.scopeid : name
      nics.push({
        name,
        address: scoped ? `${entry.address}%${scope}` : entry.address,
        family: entry.family === 'IPv6' ? 6 : 4,
        netmask: entry.netmask,
        mac: entry.mac,
        index: index ?? (entry.family === 'IPv6' && entry.scopeid ? entry.scopeid : undefined),
        internal: entry.internal,
      })
    }
  }
  return nics
}

/** Those that can carry links: the local networks' alone, or loopback alone when `loopback` is set. */
export function usableNics(all: readonly Nic[], loopback: boolean): readonly Nic[] {
  return all
    .filter((nic) => nic.internal === loopback && isLanAddress(nic.address, loopback))
    .sort((a, b) => a.family - b.family)
    .slice(0, MAX_NICS)
}

/** What differs between two listings; an interface made again counts as gone and come. */
export interface NicChange {
  readonly gone: readonly Nic[]
  readonly come: readonly Nic[]
}

export function diffNics(before: readonly Nic[], after: readonly Nic[]): NicChange {
  const key = (nic: Nic): string =>
    [nic.name, nic.address, nic.netmask, nic.mac, nic.index].join(' ')
  const had = new Set(before.map(key))
  const has = new Set(after.map(key))
  return {
    gone: before.filter((nic) => !has.has(key(nic))),
    come: after.filter((nic) => !had.has(key(nic))),
  }
}

/**
 * Local addresses whose connections can not live on: those that vanished, and link-local ones of an
 * interface made again, as their sockets stay bound to the one that is gone.
 */
export function deadAddresses(change: NicChange, after: readonly Nic[]): ReadonlySet<string> {
  const present = new Set(after.map((nic) => nic.address))
  return new Set(
    change.gone
      .filter((nic) => {
        const remade = change.come.find((other) => other.address === nic.address)
        return (
          !present.has(nic.address) || (isLinkLocal6(nic.address) && remade?.index !== nic.index)
        )
      })
      .map((nic) => nic.address),
  )
}

/** The broadcast address of an IPv4 interface; undefined for point-to-point ones. */
export function broadcastOf(nic: Nic): string | undefined {
  if (nic.family !== 4) return undefined
  const address = nic.address.split('.').map(Number)
  const mask = nic.netmask.split('.').map(Number)
  const hosts = mask.map((byte) => ~byte & 0xff)
  if (hosts.every((byte, at) => byte <= (at === 3 ? 1 : 0))) return undefined
  return address.map((byte, at) => byte | (hosts[at] ?? 0)).join('.')
}
