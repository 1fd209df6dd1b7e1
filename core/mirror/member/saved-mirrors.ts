/** What a device keeps of what it does for others, and of the nodes that hold its rooms. */
import type { SharingSettings } from '../api.ts'
import { readLots } from '../carry/saved-lots.ts'
import type { SavedLots } from '../carry/room-sources.ts'
import { DEFAULT_SHARING, isSharing } from './sharing-settings.ts'

/** Most nodes that a device remembers; of more, those met longest ago are forgotten. */
const MAX_NODES = 256
const MAX_PLACES = 4_096
const KEY = /^[0-9a-f]{64}$/
const PLACE = /^[0-9a-f]{32}\/[0-9a-f]{64}$/

/** A node that was met. */
export interface SavedNode {
  name: string
  /** By which its relay is named (hex). */
  relay?: string
  /** Wall-clock ms when it was last in reach. */
  seen: number
}

/** One room at one node, as the node said last. */
export interface SavedPlace {
  /** Records of this device's that it held. */
  held: number
  bytes: number | null
  until: number | null
  /** The room is not to be held there any more, and the node was not told yet. */
  ended?: true
}

/** Part of the state file. */
export interface SavedMirrors {
  sharing?: Partial<SharingSettings>
  /** By node key (hex). */
  nodes?: Record<string, SavedNode>
  /** By room id and node key. */
  places?: Record<string, SavedPlace>
  /** By room id: what strangers may carry of it. */
  lots?: SavedLots
}

/** What a state file says of mirrors, without whatever is not as it is written. */
export function readSavedMirrors(stored: unknown): SavedMirrors {
  if (!isRecord(stored)) return {}
  const sharing = Object.fromEntries(
    Object.entries(isRecord(stored.sharing) ? stored.sharing : {}).filter(
      ([name, value]) => name in DEFAULT_SHARING && isSharing(name as keyof SharingSettings, value),
    ),
  )
  const nodes = entries(stored.nodes, KEY, MAX_NODES, readNode)
  const places = entries(stored.places, PLACE, MAX_PLACES, readPlace)
  const lots = readLots(stored.lots)
  return {
    ...(Object.keys(lots).length > 0 && { lots }),
    ...(Object.keys(sharing).length > 0 && { sharing }),
    ...(Object.keys(nodes).length > 0 && { nodes }),
    ...(Object.keys(places).length > 0 && { places }),
  }
}

/** Forgets what is beyond what a device remembers: of those that hold no room here, the ones met longest ago. */
export function trimNodes(nodes: Record<string, SavedNode>, keeps: ReadonlySet<string>): void {
  const oldest = Object.entries(nodes)
    .filter(([key]) => !keeps.has(key))
    .sort(([, a], [, b]) => a.seen - b.seen)
  for (const [key] of oldest.slice(0, Math.max(0, oldest.length - MAX_NODES))) delete nodes[key]
}

function entries<T>(
  stored: unknown,
  name: RegExp,
  most: number,
  read: (value: Record<string, unknown>) => T | null,
): Record<string, T> {
  const found = Object.entries(isRecord(stored) ? stored : {}).flatMap(([key, value]) => {
    const known = name.test(key) && isRecord(value) ? read(value) : null
    return known ? [[key, known] as const] : []
  })
  return Object.fromEntries(found.slice(0, most))
}

function readNode({ name, relay, seen }: Record<string, unknown>): SavedNode | null {
  if (typeof name !== 'string' || name.length > 64 || !isCount(seen)) return null
  return { name, seen, ...(typeof relay === 'string' && KEY.test(relay) && { relay }) }
}

function readPlace({ held, bytes, until, ended }: Record<string, unknown>): SavedPlace | null {
  if (!isCount(held)) return null
  return {
    held,
    bytes: isCount(bytes) ? bytes : null,
    until: isCount(until) ? until : null,
    ...(ended === true && { ended }),
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
