/** The engine as programs see it: types only. `core/engine.ts` implements it; node-app and tests use it. */
import type { EventEmitter } from 'node:events'
import type { Transport, TransportStatus } from './transport.ts'

export type Role = 'admin' | 'moderator' | 'member' | 'reader'

/** `saved` here; `carried` by others' devices; `delivered` to members' devices; `read`. */
export interface Delivery {
  readonly state: 'saved' | 'carried' | 'delivered' | 'read'
  /** Other devices that are known to hold it. */
  readonly devices: number
}

export interface MessageView {
  readonly id: string
  /** The author's person id (hex). */
  readonly author: string
  readonly authorName: string
  /** True when this person wrote it. */
  readonly own: boolean
  /** Empty for a kind this version does not know. */
  readonly text: string
  readonly kind: 'text' | 'unknown'
  /** Wall-clock milliseconds claimed by the author: for display only. */
  readonly sentAt: number
  readonly delivery: Delivery
  readonly replyTo?: string
}

export interface RoomView {
  readonly id: string
  readonly name: string
  readonly role: Role
  /** `waiting` until a member's device was met and let this one in; `left` is never listed. */
  readonly state: 'joined' | 'waiting'
  readonly members: number
  readonly unread: number
  readonly messages: number
  /** Messages known to exist in others' logs that have not arrived here yet. */
  readonly missing: number
}

export interface MemberView {
  /** The person id (hex). */
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly self: boolean
  /** `here` is true for this very device. */
  readonly devices: readonly { readonly id: string; readonly here: boolean }[]
}

export interface PeerView {
  /** Device id (hex) once a room in common was found, else a random handle of this connection. */
  readonly id: string
  /** Nickname, when the peer is a member of a room in common. */
  readonly name?: string
  readonly transport: string
  /** Ids of the rooms in common. */
  readonly rooms: readonly string[]
  /** Wall-clock milliseconds at which the connection was made. */
  readonly since: number
}

export interface TransportView extends TransportStatus {
  readonly id: string
  readonly peers: number
  /** Addresses this device can be dialled at, for a person to type on the other device. */
  readonly addresses: readonly string[]
}

export interface InviteOptions {
  /** Default `member`. */
  readonly role?: Exclude<Role, 'admin'>
  /** How many people it lets in; default unlimited. */
  readonly uses?: number
  /** Milliseconds it stays good; default for ever. */
  readonly expiresIn?: number
}

export interface MessagePage {
  /** In the room's order, oldest first. */
  readonly messages: readonly MessageView[]
  /** True when older messages exist. */
  readonly more: boolean
}

export interface EngineEvents {
  /** A room was joined, left, renamed, or its members, unread or state changed. */
  room: [roomId: string]
  /**
   * Records were added to a room's timeline, wherever in its order: up to 64 of them; `overflow` when
   * there were more, so that the reader fetches pages anew.
   */
  timeline: [change: { roomId: string; messages: readonly MessageView[]; overflow: boolean }]
  /** The delivery of own messages moved on; fetch what is shown anew. */
  delivery: [roomId: string]
  peers: []
  transports: []
}

/**
 * One device's whole Porchlight without any user interface. Every `room` argument is a full room id.
 * Errors are PorchlightError; `NOT_FOUND` for an unknown room or message, `CLOSED` after `close`.
 */
export interface EngineApi extends EventEmitter<EngineEvents> {
  readonly deviceId: string
  readonly personId: string
  readonly name: string
  /** False until this person chose a name. */
  readonly named: boolean
  /** Renames this person in every room. 1–64 characters after trimming. */
  setName(name: string): Promise<void>

  addTransport(transport: Transport): void
  transports(): readonly TransportView[]
  /** Starts or stops a transport. */
  switchTransport(id: string, on: boolean): Promise<void>
  /** Dials an address typed by hand. */
  dial(transport: string, address: string, signal?: AbortSignal): Promise<void>
  peers(): readonly PeerView[]

  rooms(): readonly RoomView[]
  createRoom(name: string): Promise<RoomView>
  /** The link `porchlight:…` that lets others in. */
  invite(room: string, options?: InviteOptions): Promise<string>
  /**
   * Enters a room; waits up to `patience` ms (default 5,000) for a member in reach, then returns
   * `waiting` and goes on by itself. The same invite twice gives the same membership.
   */
  join(invite: string, options?: { patience?: number; signal?: AbortSignal }): Promise<RoomView>
  leave(room: string): Promise<void>
  members(room: string): readonly MemberView[]

  /** Resolves once the message is durable on this device. At most 16 KiB of UTF-8. */
  send(room: string, text: string, options?: { replyTo?: string }): Promise<MessageView>
  /** A page of at most `limit` (1–500, default 50) messages: the newest, or those before `before`. */
  messages(room: string, options?: { limit?: number; before?: string }): Promise<MessagePage>
  /** Marks everything up to and including the message as read (all, when absent). */
  markRead(room: string, messageId?: string): Promise<void>

  /** Stops transports, closes sessions and the store. Idempotent. */
  close(): Promise<void>
}
