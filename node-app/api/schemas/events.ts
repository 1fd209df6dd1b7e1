import type { FileView } from './files.ts'
import type { MessageView } from './messages.ts'

/** The `data` of each kind of event in the stream, by its name. */
export interface StreamEvents {
  room: { roomId: string }
  timeline: { roomId: string; messages: readonly MessageView[]; overflow: boolean }
  delivery: { roomId: string }
  peers: Record<never, never>
  transports: Record<never, never>
  /** Warnings, verified or blocked persons, own devices or the profile changed. */
  people: Record<never, never>
  /** Files of a room moved on. */
  files: { roomId: string; files: readonly FileView[] }
  /** Nodes, blind peers or what this node does for others changed. */
  mirrors: Record<never, never>
  /** The pairing of a device moved on. */
  pairing: Record<never, never>
  /** Everything was erased: nothing may stay shown or stored. The node ends. */
  wiped: Record<never, never>
  /** Events were lost, or the node was locked or unlocked: everything shown is to be fetched anew. */
  reset: Record<never, never>
}
