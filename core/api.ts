/** The engine as programs see it: types only. `core/engine.ts` implements it; node-app and tests use it. */
import type { EventEmitter } from 'node:events'
import type { FileCard, FilesApi, FileView } from './files/api.ts'
import type { MirrorsApi } from './mirror/api.ts'
import type { Transport, TransportStatus } from './transport.ts'

export type Role = 'admin' | 'moderator' | 'member' | 'reader'

/**
 * How far an own message has come. `saved`: on this device alone. `carried`: N others hold it (own other
 * devices, blind peers), nobody it is meant for yet. `delivered`: N devices of other members hold and show it.
 * `read`: N other people have seen it. Computed from what devices said of themselves, never guessed.
 */
export interface Delivery {
  readonly state: 'saved' | 'carried' | 'delivered' | 'read'
  readonly devices: number
}

/** An emoji that people put to a message. */
export interface ReactionView {
  readonly emoji: string
  readonly count: number
  /** This person is among those who reacted so. */
  readonly own: boolean
}

/** WGS 84 degrees; `accuracy` in metres. */
export interface LocationPoint {
  readonly latitude: number
  readonly longitude: number
  readonly accuracy?: number
  readonly label?: string
}

/** A message as it is now, for people. */
export interface MessageView {
  readonly id: string
  /** The author's person id (hex). */
  readonly author: string
  readonly authorName: string
  /** True when this person wrote it. */
  readonly own: boolean
  /** As it was edited last. Empty for `deleted`, `expired`, and a kind this version does not know. */
  readonly text: string
  /** `deleted` (by its author), `hidden` (by a moderator) and `expired` are tombstones: their content is gone. */
  readonly kind: 'text' | 'location' | 'file' | 'deleted' | 'hidden' | 'expired' | 'unknown'
  /** Wall-clock milliseconds claimed by the author: for display only. */
  readonly sentAt: number
  readonly delivery: Delivery
  readonly replyTo?: string
  /** Wall-clock ms of the last edit, as claimed. */
  readonly editedAt?: number
  readonly reactions?: readonly ReactionView[]
  /** Wall-clock ms at which it disappears. */
  readonly expiresAt?: number
  /** Persons named in the text (ids); `mentioned` when this person is one. */
  readonly mentions?: readonly string[]
  readonly mentioned?: boolean
  readonly location?: LocationPoint
  /** For kind `file`; `text` is then what was said with it, often nothing. */
  readonly file?: FileCard
  readonly pinned?: boolean
}

/** Rules of one room; an admin sets them. Times in ms; null switches off. */
export interface RoomSettings {
  /** What those who join later may read: all that is kept, or only what is written from then on. */
  readonly history: 'all' | 'joined'
  /** A new key at least so often; an hour or more. */
  readonly rotateEvery: number | null
  /** Keys of epochs that ended longer ago are deleted everywhere: what they sealed is gone. */
  readonly keepFor: number | null
  /** Default timer of messages. */
  readonly disappearAfter: number | null
}

/** A room as this device sees it. */
export interface RoomView {
  readonly id: string
  readonly name: string
  readonly role: Role
  /** `waiting` until a member's device was met and let this one in; `left` is never listed. */
  readonly state: 'joined' | 'waiting' | 'removed'
  readonly members: number
  readonly unread: number
  /** Unread messages that name this person. */
  readonly mentions: number
  readonly messages: number
  /** Messages known to exist in others' logs that have not arrived here yet. */
  readonly missing: number
}

/** A person who is in a room. */
export interface MemberView {
  /** The person id (hex). */
  readonly id: string
  readonly name: string
  /** `data:` URL of a small PNG, JPEG or WebP. */
  readonly avatar?: string
  readonly role: Role
  readonly self: boolean
  readonly muted: boolean
  /** Compared in person by this person. */
  readonly verified: boolean
  /** Blocked here: nothing of theirs is shown on this person's devices. */
  readonly blocked: boolean
  /** Another member's name looks the same: show `id`'s beginning beside the name. */
  readonly confusable: boolean
  /** `here` is true for this very device. */
  readonly devices: readonly { readonly id: string; readonly here: boolean }[]
}

/** A device that this one is connected with. */
export interface PeerView {
  /** Device id (hex) once a room in common was found, or of one that offers space; else a random handle of this connection. */
  readonly id: string
  /** Nickname, when the peer is a member of a room in common; what it calls itself, when it offers space. */
  readonly name?: string
  readonly transport: string
  /** Ids of the rooms in common. */
  readonly rooms: readonly string[]
  /** Wall-clock milliseconds at which the connection was made. */
  readonly since: number
}

/** A way to other devices, and how it is. */
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

/** An invite that can still be used, or was. */
export interface InviteView {
  /** Public key of the invite (hex). */
  readonly id: string
  readonly role: Role
  readonly by: string
  readonly used: number
  readonly uses: number | null
  readonly expiresAt: number | null
  readonly state: 'open' | 'used-up' | 'expired' | 'revoked'
}

/** What a moderator or admin does about a person. Mute and ban are lifted by `on: false`. */
export type MemberAct =
  | { readonly act: 'role'; readonly role: Role }
  | { readonly act: 'remove' }
  | { readonly act: 'mute'; readonly on: boolean }
  | { readonly act: 'ban'; readonly on: boolean }

export interface SendOptions {
  readonly replyTo?: string
  /** ms after which it disappears at both ends; 1 s to 1 year. The room's own timer when absent. */
  readonly expiresIn?: number
  readonly location?: LocationPoint
}

export interface SearchOptions {
  readonly room?: string
  /** 1–100, default 20. */
  readonly limit?: number
  /** The cursor of a page before. */
  readonly after?: string
}

/** A message that a search found. */
export interface SearchHit {
  readonly roomId: string
  readonly message: MessageView
  /** Where the words stand in `message.text`: [start, end) in UTF-16 units. */
  readonly marks: readonly (readonly [number, number])[]
}

/** The newest that a search found, and where more begins. */
export interface SearchPage {
  /** Newest first. */
  readonly hits: readonly SearchHit[]
  readonly after?: string
}

/** To be compared in person: both see the same code. */
export interface VerificationView {
  /** Six groups of five digits. */
  readonly code: string
  /** This person's side for a QR code, `porchlight-verify:…`: commits to the key. */
  readonly qr: string
  readonly verified: boolean
}

/** Something about a person's key that does not fit. It stays until it is acknowledged. */
export interface WarningView {
  readonly id: string
  readonly kind: 'name-taken' | 'key-changed' | 'code-mismatch'
  readonly person: string
  readonly roomId?: string
  /** What happened, what is safe, what to do. */
  readonly words: string
  readonly at: number
}

/** Persons: verified, blocked, warned of. Shared among this person's own devices. */
export interface PeopleApi {
  verification(person: string): VerificationView
  /**
   * Marks a person as verified: by the scanned QR or the typed code, or (`confirmed`) because a human compared.
   * Errors: `MISMATCH` (a warning is kept), `NOT_FOUND`.
   */
  verify(person: string, proof: { qr?: string; code?: string; confirmed?: true }): Promise<void>
  unverify(person: string): Promise<void>
  block(person: string, on: boolean): Promise<void>
  warnings(): readonly WarningView[]
  acknowledge(warning: string): Promise<void>
}

/** A device of this person. */
export interface DeviceView {
  readonly id: string
  readonly name: string
  readonly here: boolean
  /** Wall-clock ms at which it was paired. */
  readonly since: number
}

/** What a new device of this person is shown or told. */
export interface PairingOffer {
  /** `porchlight-pair:…`, for a QR or to be typed; one use, ten minutes. It commits to this device's key. */
  readonly code: string
  readonly expiresAt: number
}

/** How far a pairing is. */
export interface PairingState {
  readonly state: 'idle' | 'offered' | 'asking' | 'paired' | 'failed'
  /** From `asking` on: what the other device calls itself, and the six digits that both must show. */
  readonly device?: { readonly id: string; readonly name: string }
  readonly digits?: string
  /** Why it failed. */
  readonly words?: string
}

/** This person's own devices. */
export interface DevicesApi {
  list(): readonly DeviceView[]
  /** Begins to wait for a new device. With `confirm`, it is let in only after `answer(true)`. */
  offer(options?: { confirm?: boolean }): Promise<PairingOffer>
  /** Where the offer, or this device's own pairing, stands; `pairing` fires when it moves on. */
  pairing(): PairingState
  answer(accept: boolean): void
  /** On the new, still empty device. Resolves once it is this person's. Errors: `BAD_INVITE`, `NOT_ALLOWED`, `TIMED_OUT`, `MISMATCH`. */
  pair(code: string, options?: { name?: string; signal?: AbortSignal }): Promise<void>
  /** Cuts a device off in every room. Errors: `NOT_FOUND`. */
  remove(device: string): Promise<void>
}

/** Who this device's person is. */
export interface IdentityView {
  readonly person: string
  readonly device: string
  readonly name: string
  readonly avatar?: string
  /** Whether this device holds the 24 words (paired devices do not). */
  readonly hasPhrase: boolean
  /** Whether the key file is sealed with a passphrase. */
  readonly sealed: boolean
}

/** This person's identity: what others see of it, and what brings it back. */
export interface IdentityApi {
  show(): IdentityView
  /** The 24 words. Errors: `NOT_FOUND` on a paired device. */
  phrase(): string
  /** One file that the passphrase alone opens: the words, the name, the rooms. Errors: `NOT_FOUND` on a paired device, `BAD_REQUEST`. */
  backup(passphrase: string): Promise<string>
  /** At most 24 kB of PNG, JPEG or WebP; null removes it. */
  setAvatar(image: Buffer | null): Promise<void>
  /** Whether others are told what was read; default true. */
  readonly readReceipts: boolean
  setReadReceipts(on: boolean): Promise<void>
}

/** Messages in the room's order, oldest first. */
export interface MessagePage {
  /** In the room's order, oldest first. */
  readonly messages: readonly MessageView[]
  /** True when older messages exist. */
  readonly more: boolean
}

/** What an engine tells of, so that a page need not ask. */
export interface EngineEvents {
  /** A room was joined, left, renamed, or its members, unread or state changed. */
  room: [roomId: string]
  /**
   * Records were added to a room's timeline, wherever in its order, or what is shown of them changed (edited,
   * deleted, hidden, expired, reacted to, pinned): up to 64 of them; `overflow` when there were more, so that
   * the reader fetches pages anew.
   */
  timeline: [change: { roomId: string; messages: readonly MessageView[]; overflow: boolean }]
  /** The delivery of own messages moved on; fetch what is shown anew. */
  delivery: [roomId: string]
  peers: []
  transports: []
  /** Warnings, verified or blocked persons, own devices, the profile changed. */
  people: []
  pairing: []
  /** Nodes, blind peers or what this device does for others changed. */
  mirrors: []
  /** Files of a room moved on (state, bytes, sources): their views as they are now. At most some each second. */
  files: [change: { roomId: string; files: readonly FileView[] }]
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
  settings(room: string): RoomSettings
  /** Errors: `NOT_ALLOWED` for who is no admin. */
  setSettings(room: string, change: Partial<RoomSettings>): Promise<RoomSettings>
  /** The link `porchlight:…` that lets others in. */
  invite(room: string, options?: InviteOptions): Promise<string>
  invites(room: string): readonly InviteView[]
  /** Errors: `NOT_FOUND`, `NOT_ALLOWED`. Wins over whoever is being let in by it elsewhere at the same time. */
  revoke(room: string, invite: string): Promise<void>
  /**
   * Enters a room; waits up to `patience` ms (default 5,000) for a member in reach, then returns
   * `waiting` and goes on by itself. The same invite twice gives the same membership.
   */
  join(invite: string, options?: { patience?: number; signal?: AbortSignal }): Promise<RoomView>
  leave(room: string): Promise<void>
  members(room: string): readonly MemberView[]
  /** Errors: `NOT_FOUND`, `NOT_ALLOWED`, `WAITING`. */
  moderate(room: string, person: string, act: MemberAct): Promise<void>

  /** Resolves once the message is durable on this device. At most 16 KiB of UTF-8. */
  send(room: string, text: string, options?: SendOptions): Promise<MessageView>
  /** Only one's own. Errors: `NOT_FOUND`, `NOT_ALLOWED`. */
  edit(room: string, message: string, text: string): Promise<MessageView>
  /** One's own: for everyone. Another's: as moderator, hidden for everyone (`on: false` shows it again). */
  remove(room: string, message: string, options?: { on?: boolean }): Promise<void>
  react(room: string, message: string, emoji: string, on: boolean): Promise<MessageView>
  /** Errors: `NOT_ALLOWED` for who is no moderator. */
  pin(room: string, message: string, on: boolean): Promise<void>
  pins(room: string): Promise<readonly MessageView[]>
  /** Words in any language, in every room or one; the last word may be unfinished. */
  search(words: string, options?: SearchOptions): Promise<SearchPage>
  /**
   * A page of at most `limit` (1–500, default 50) messages: the newest, those before `before`, or those that
   * follow `after` (fewer than `limit` when the newest is among them).
   */
  messages(
    room: string,
    options?: { limit?: number; before?: string; after?: string },
  ): Promise<MessagePage>
  /** Marks everything up to and including the message as read (all, when absent). */
  markRead(room: string, messageId?: string): Promise<void>
  /** What was typed and not sent, shared among own devices; at most 16 KiB. */
  draft(room: string): string
  setDraft(room: string, text: string): Promise<void>

  readonly people: PeopleApi
  readonly devices: DevicesApi
  readonly identity: IdentityApi
  readonly files: FilesApi
  readonly mirrors: MirrorsApi

  /** Stops transports, closes sessions and the store. Idempotent. */
  close(): Promise<void>
}
