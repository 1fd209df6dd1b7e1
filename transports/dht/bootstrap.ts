/** The nodes by which a device gets into the DHT. */
import { isIPv4 } from 'node:net'
import { PorchlightError } from '../../core/errors.ts'

/** More are of no use. */
const MAX_NODES = 16
const HOST = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i

/** A node by address, or by a name that has to be looked up first. */
export interface BootstrapNode {
  readonly host: string
  readonly port: number
}

/** Reads `HOST:PORT`; hyperdht's own list has `IP@NAME:PORT`, of which the IP counts. Null when it is neither. */
export function parseNode(text: string): BootstrapNode | null {
  const colon = text.lastIndexOf(':')
  const port = Number(text.slice(colon + 1))
  const name = text.slice(0, Math.max(0, colon))
  const at = name.indexOf('@')
  const host = at === -1 ? name : name.slice(0, at)
  const digits = /^\d{1,5}$/.test(text.slice(colon + 1))
  if (!digits || port < 1 || port > 65_535 || !HOST.test(host)) return null
  if (/^[\d.]+$/.test(host) && !isIPv4(host)) return null
  return { host, port }
}

/** Reads a list as a person types it: `HOST:PORT[,HOST:PORT…]`. Errors: BAD_ADDRESS, naming the entry. */
export function parseBootstrap(text: string): readonly string[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length === 0 || entries.length > MAX_NODES) {
    throw new PorchlightError(
      'BAD_ADDRESS',
      `Between 1 and ${MAX_NODES} nodes as HOST:PORT, separated by commas, are a way into the DHT.`,
    )
  }
  for (const entry of entries) {
    if (parseNode(entry) !== null) continue
    throw new PorchlightError(
      'BAD_ADDRESS',
      `“${entry.slice(0, 64)}” is no HOST:PORT of a DHT node, as 192.0.2.7:49737 is.`,
    )
  }
  return entries
}
