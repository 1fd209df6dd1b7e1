/** What states are called in front of people. */
import type {
  Delivery,
  MemberView,
  PeerView,
  Role,
  TransportView,
} from '../../../node-app/api/schemas.ts'

const TRANSPORTS: Readonly<Record<string, string>> = {
  lan: 'Local network',
  ble: 'Bluetooth',
  dht: 'Internet',
  memory: 'Simulated network',
}

const STATES: Readonly<Record<TransportView['state'], string>> = {
  on: 'On',
  off: 'Off',
  starting: 'Starting…',
  unavailable: 'Not available',
}

const ROLES: Readonly<Record<Role, string>> = {
  admin: 'Admin',
  moderator: 'Moderator',
  member: 'Member',
  reader: 'Reader',
}

export function transportName(id: string): string {
  return TRANSPORTS[id] ?? id
}

export function transportState(state: TransportView['state']): string {
  return STATES[state]
}

export function roleName(role: Role): string {
  return ROLES[role]
}

/** How far an own message is known to have come: no more, no less. */
export function deliveryWords({ state, devices }: Delivery): string {
  switch (state) {
    case 'saved':
      return 'Saved here, not passed on yet'
    case 'carried':
      return `With ${count(devices, 'other device')}`
    case 'delivered':
      return devices > 0 ? `Delivered to ${count(devices, 'device')}` : 'Delivered'
    case 'read':
      return 'Read'
  }
}

/** “1 message”, “3 messages”. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString()} ${n === 1 ? one : many}`
}

/** “512 B”, “3.4 MB”. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = n
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** People of a room who go by a name that another one of them has too. */
export function sharedNames(members: readonly MemberView[]): ReadonlySet<string> {
  const byName = new Map<string, string[]>()
  for (const { id, name } of members) {
    const key = name.normalize('NFKC').trim().toLowerCase()
    byName.set(key, [...(byName.get(key) ?? []), id])
  }
  return new Set([...byName.values()].filter((ids) => ids.length > 1).flat())
}

/** One line on who is near, and over what. */
export function nearWords(
  peers: readonly PeerView[],
  transports: readonly TransportView[],
): string {
  if (peers.length > 0) {
    const ways = [...new Set(peers.map((peer) => transportName(peer.transport)))]
    return `${count(peers.length, 'device')} near: ${ways.join(', ')}`
  }
  const on = transports.some((transport) => transport.state === 'on')
  return on ? 'Nobody near yet. Looking…' : 'No way to reach others is on'
}
