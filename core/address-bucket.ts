/**
 * What quotas by address count as one: the /24 of an IPv4 address and the /64 of an IPv6 address, for whoever has one
 * of them has all; addresses of other kinds whole. A port says nothing.
 */
export function addressBucket(transport: string, address: string): string {
  const bare = address.slice(0, MAX_ADDRESS)
  const v4 = V4.exec(bare)
  if (v4) return v4.slice(1, 4).join('.')
  const v6 = V6.exec(bare)
  const groups = v6 && prefix(v6[1] ?? v6[2] ?? '')
  return groups ?? `${transport}:${bare}`
}

/**
 * What bounds by neighbour count as one: an IPv4 address, for on a local network others have those beside it, and the
 * /64 of an IPv6 address, of which one host has as many as it likes; those of a single link whole. A port says nothing.
 */
export function hostBucket(transport: string, address: string): string {
  const bare = address.slice(0, MAX_ADDRESS)
  const v4 = V4.exec(bare)
  if (v4) return v4.slice(1, 5).join('.')
  return LINK_LOCAL.test(bare) ? `${transport}:${bare}` : addressBucket(transport, bare)
}

const MAX_ADDRESS = 128
const LINK_LOCAL = /^\[?fe[89ab][0-9a-f]:/i
const V4 = /^(?:\[?::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\]?(?::\d{1,5})?$/i
/** In brackets when there is a port. */
const V6 = /^(?:\[([0-9a-f:]+)(?:%[\w.-]+)?\](?::\d{1,5})?|([0-9a-f:]*:[0-9a-f:]*)(?:%[\w.-]+)?)$/i

/** The first four groups of an IPv6 address, written the same however the address is. */
function prefix(address: string): string | null {
  const [head = '', tail, ...more] = address.split('::')
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '')
  const before = groups(head)
  const after = groups(tail ?? '')
  const missing = 8 - before.length - after.length
  if (more.length > 0 || missing < 0 || (tail === undefined && missing !== 0)) return null
  const all = [...before, ...Array.from({ length: missing }, () => '0'), ...after]
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::`
}
