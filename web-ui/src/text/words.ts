/** What states are called in front of people. */
import type { Delivery, MemberView, PeerView, Role, RoomView, TransportView } from '../api/views.ts'

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

const MAY: Readonly<Record<Role, string>> = {
  admin: 'An admin can do everything here, also with other admins.',
  moderator: 'A moderator can invite, pin, hide messages, and mute or remove members.',
  member: 'A member can read, write and invite.',
  reader: 'A reader can read, and nothing else.',
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

/** What somebody with this role may do. */
export function roleWords(role: Role): string {
  return MAY[role]
}

/** A member's role, and what else there is to know of them. */
export function memberWords({ role, muted, verified, blocked }: MemberView): string {
  return [
    roleName(role),
    verified ? 'verified' : '',
    muted ? 'muted' : '',
    blocked ? 'blocked by you' : '',
  ]
    .filter((word) => word !== '')
    .join(', ')
}

/** How far an own message is known to have come: no more, no less. */
export function deliveryWords({ state, devices }: Delivery): string {
  switch (state) {
    case 'saved':
      return 'Saved here, not passed on yet'
    case 'carried':
      return `Carried by ${count(devices, 'other device')}`
    case 'delivered':
      return devices > 0 ? `Delivered to ${count(devices, 'device')}` : 'Delivered'
    case 'read':
      return devices > 0 ? `Read by ${count(devices, 'person', 'people')}` : 'Read'
  }
}

/** What the tab is called: the room, and before it how much was not read, and how often this person is named. */
export function titleWords(name: string, rooms: readonly RoomView[]): string {
  const sum = (of: (room: RoomView) => number): number =>
    rooms.reduce((total, room) => total + of(room), 0)
  const unread = sum((room) => room.unread)
  const mentions = sum((room) => room.mentions)
  if (unread === 0) return name
  return `(${unread}${mentions > 0 ? `, @${mentions}` : ''}) ${name}`
}

/** One line about a room in the list. */
export function roomWords({ state, members }: RoomView): string {
  if (state === 'waiting') return 'Waiting to be let in'
  return state === 'removed' ? 'You were removed' : count(members, 'person', 'people')
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
