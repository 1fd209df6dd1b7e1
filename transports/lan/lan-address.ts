/** Which addresses are near, and how they are written. */
import { BlockList, isIP, isIPv4 } from 'node:net'
import { PorchlightError } from '../../core/errors.ts'

/** An IP address (with its scope when IPv6 link-local) and a TCP port. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

const near = new BlockList()
near.addSubnet('10.0.0.0', 8, 'ipv4')
near.addSubnet('172.16.0.0', 12, 'ipv4')
near.addSubnet('192.168.0.0', 16, 'ipv4')
near.addSubnet('100.64.0.0', 10, 'ipv4')
near.addSubnet('169.254.0.0', 16, 'ipv4')
near.addSubnet('fc00::', 7, 'ipv6')

const linkLocal = new BlockList()
linkLocal.addSubnet('fe80::', 10, 'ipv6')

const self = new BlockList()
self.addSubnet('127.0.0.0', 8, 'ipv4')
self.addAddress('::1', 'ipv6')

/** Longer than any address with its scope. */
const MAX_ADDRESS = 128

/** `::ffff:192.168.1.2`, as a dual-stack socket reports an IPv4 peer, becomes `192.168.1.2`. */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  return mapped?.[1] ?? address
}

/** True for IPv6 link-local addresses, scoped or not. */
export function isLinkLocal6(address: string): boolean {
  const bare = address.split('%', 1)[0] ?? ''
  return isIP(bare) === 6 && linkLocal.check(bare, 'ipv6')
}

/**
 * True for an address that only a local network carries: private, shared (RFC 6598), link-local (IPv6
 * with its scope), unique local; and this computer's own loopback when `loopback` is set.
 */
export function isLanAddress(address: string, loopback = false): boolean {
  if (address.length > MAX_ADDRESS) return false
  const plain = plainAddress(address)
  const [bare = '', scope] = plain.split('%')
  const family = isIP(bare)
  if (family === 0) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  if (family === 4 && scope !== undefined) return false
  if (family === 6 && linkLocal.check(bare, type)) return scope !== undefined && scope !== ''
  return near.check(bare, type) || (loopback && self.check(bare, type))
}

/** Writes `192.168.1.2:4000` or `[fe80::1%eth0]:4000`. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Reads what `formatHostPort` writes; undefined for anything else. */
export function readHostPort(text: string): HostPort | undefined {
  if (text.length > MAX_ADDRESS) return undefined
  const match = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([\d.]+)):(\d{1,5})$/i.exec(text.trim())
  if (!match) return undefined
  const host = match[1] ?? match[2] ?? ''
  const port = Number(match[3])
  if (port < 1 || port > 65535) return undefined
  const v6 = match[1] !== undefined
  if (v6 ? isIP(host.split('%', 1)[0] ?? '') !== 6 : !isIPv4(host)) return undefined
  return { host: plainAddress(host), port }
}

/** Reads an address that a person typed. Errors: PorchlightError `BAD_ADDRESS`. */
export function parseTypedAddress(text: string, loopback: boolean): HostPort {
  const typed = text.trim()
  const shown = JSON.stringify(typed.slice(0, 80))
  const read = readHostPort(loopback ? typed.replace(/^localhost:/i, '127.0.0.1:') : typed)
  if (!read) {
    throw new PorchlightError(
      'BAD_ADDRESS',
      `${shown} is not an address. Type numbers and a port, as the other device shows them: ` +
        '192.168.1.20:4000 or [fe80::1%eth0]:4000. Names can not be looked up without the internet.',
    )
  }
  if (isLanAddress(read.host, loopback)) return read
  if (isLinkLocal6(read.host)) {
    throw new PorchlightError(
      'BAD_ADDRESS',
      `${shown} needs the name of this device's network interface: [${read.host}%eth0]:${read.port}.`,
    )
  }
  throw new PorchlightError(
    'BAD_ADDRESS',
    `${shown} is not on a local network, so nothing was dialled. Type a local address such as ` +
      '192.168.1.20:4000.',
  )
}
