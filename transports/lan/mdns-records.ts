/** What mDNS carries: a random instance name, and a port. Nothing else is said, or believed. */
import type { Answer, Packet, Question } from 'dns-packet'
import type { InstanceId } from '../preface/instance-identity.ts'

export const SERVICE = '_porchlight._tcp.local'
const TTL_SECONDS = 120
/** Records of one packet that are looked at. */
const MAX_RECORDS = 64
const INSTANCE_NAME = /^([0-9a-f]{16})\._porchlight\._tcp\.local$/i

/** A device, as one mDNS packet tells of it. */
export interface MdnsSighting {
  readonly id: InstanceId
  readonly port: number
  readonly goodbye: boolean
}

/** The answer to a query, or with `goodbye` the withdrawal of all earlier ones. */
export function announcement(
  id: InstanceId,
  port: number,
  address: string,
  goodbye = false,
): Answer[] {
  const name = `${id}.${SERVICE}`
  const target = `${id}.local`
  const ttl = goodbye ? 0 : TTL_SECONDS
  return [
    { type: 'PTR', name: SERVICE, ttl, data: name },
    { type: 'SRV', name, ttl, flush: true, data: { port, target, priority: 0, weight: 0 } },
    { type: 'TXT', name, ttl, flush: true, data: ['v=1', `port=${port}`] },
    { type: 'A', name: target, ttl, flush: true, data: address },
  ]
}

/** The question that every device answers. */
export const QUESTION: Question = { type: 'PTR', name: SERVICE }

/** True when a query asks for the service, or for this instance. */
export function asksForUs(questions: unknown, id: InstanceId): boolean {
  return list(questions).some((question) => {
    const name = nameOf(question)
    return name === SERVICE || name === `${id}.${SERVICE}` || name === `${id}.local`
  })
}

/** Every device that a response tells of. Never throws, whatever the packet holds. */
export function readSightings(packet: Pick<Packet, 'answers' | 'additionals'>): MdnsSighting[] {
  const records = [...list(packet.answers), ...list(packet.additionals)].slice(0, MAX_RECORDS)
  const sightings = new Map<InstanceId, MdnsSighting>()
  for (const record of records) {
    if (typeof record !== 'object' || record === null) continue
    const { type, data, ttl } = record as { type?: unknown; data?: unknown; ttl?: unknown }
    const id = INSTANCE_NAME.exec(nameOf(record))?.[1]?.toLowerCase()
    if (type !== 'SRV' || id === undefined || typeof data !== 'object' || data === null) continue
    const port = (data as { port?: unknown }).port
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) continue
    sightings.set(id, { id, port, goodbye: ttl === 0 })
  }
  return [...sightings.values()]
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, MAX_RECORDS) : []
}

function nameOf(record: unknown): string {
  if (typeof record !== 'object' || record === null) return ''
  const name = (record as { name?: unknown }).name
  return typeof name === 'string' ? name.toLowerCase() : ''
}
