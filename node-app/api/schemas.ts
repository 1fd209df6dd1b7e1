/**
 * The shapes of the local HTTP API: JSON schemas for the server, types for both sides. They follow
 * the views of core/api.ts, which the server's type-check holds them to. Imports typebox alone, so
 * that the page can take its types from here.
 */
import Type, { type Static } from 'typebox'

const strings = Type.Immutable(Type.Array(Type.String()))

export const Role = Type.Union([
  Type.Literal('admin'),
  Type.Literal('moderator'),
  Type.Literal('member'),
  Type.Literal('reader'),
])
export type Role = Static<typeof Role>

/** Every refusal: a stable code, and a sentence a person can act on. */
export const ApiError = Type.Object({
  error: Type.Object({ code: Type.String(), message: Type.String() }),
})
export type ApiError = Static<typeof ApiError>

export const Delivery = Type.Object({
  state: Type.Union([
    Type.Literal('saved'),
    Type.Literal('carried'),
    Type.Literal('delivered'),
    Type.Literal('read'),
  ]),
  devices: Type.Integer({ minimum: 0 }),
})
export type Delivery = Static<typeof Delivery>

export const MessageView = Type.Object({
  id: Type.String(),
  author: Type.String(),
  authorName: Type.String(),
  own: Type.Boolean(),
  text: Type.String(),
  kind: Type.Union([Type.Literal('text'), Type.Literal('unknown')]),
  sentAt: Type.Number({
    description: 'Wall-clock milliseconds the author claims: for display only',
  }),
  delivery: Delivery,
  replyTo: Type.Optional(Type.String()),
})
export type MessageView = Static<typeof MessageView>

export const MessagePage = Type.Object({
  messages: Type.Immutable(Type.Array(MessageView)),
  more: Type.Boolean({ description: 'True when older messages exist' }),
})
export type MessagePage = Static<typeof MessagePage>

export const RoomView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Role,
  state: Type.Union([Type.Literal('joined'), Type.Literal('waiting')]),
  members: Type.Integer(),
  unread: Type.Integer(),
  messages: Type.Integer(),
  missing: Type.Integer({ description: 'Messages known to exist that have not arrived here yet' }),
})
export type RoomView = Static<typeof RoomView>

export const MemberView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Role,
  self: Type.Boolean(),
  devices: Type.Immutable(Type.Array(Type.Object({ id: Type.String(), here: Type.Boolean() }))),
})
export type MemberView = Static<typeof MemberView>

export const PeerView = Type.Object({
  id: Type.String(),
  name: Type.Optional(Type.String()),
  transport: Type.String(),
  rooms: strings,
  since: Type.Number({ description: 'Wall-clock milliseconds at which the connection was made' }),
})
export type PeerView = Static<typeof PeerView>

const transportFields = {
  state: Type.Union([
    Type.Literal('off'),
    Type.Literal('starting'),
    Type.Literal('on'),
    Type.Literal('unavailable'),
  ]),
  reason: Type.Optional(Type.String()),
  peers: Type.Integer(),
  addresses: strings,
}
export const TransportState = Type.Object(transportFields)
export type TransportState = Static<typeof TransportState>

export const TransportView = Type.Object({ id: Type.String(), ...transportFields })
export type TransportView = Static<typeof TransportView>

export const Storage = Type.Object({
  used: Type.Integer({ description: 'Bytes in the data directory' }),
  free: Type.Integer({ description: 'Bytes free on its disk' }),
  quota: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Bytes it may grow to, if limited',
  }),
})
export type Storage = Static<typeof Storage>

export const Status = Type.Object({
  device: Type.String(),
  person: Type.String(),
  name: Type.String(),
  named: Type.Boolean({ description: 'Whether the person chose the name' }),
  version: Type.String(),
  transports: Type.Record(Type.String(), TransportState),
  peers: Type.Immutable(Type.Array(PeerView)),
  rooms: Type.Integer(),
  storage: Storage,
  pid: Type.Integer(),
  uptime: Type.Integer({ description: 'Milliseconds since the node started' }),
})
export type Status = Static<typeof Status>

export const Finding = Type.Object({
  check: Type.String(),
  ok: Type.Boolean(),
  says: Type.String(),
  fix: Type.Optional(Type.String()),
})
export type Finding = Static<typeof Finding>

const closed = { additionalProperties: false }

export const Profile = Type.Object({ name: Type.String({ minLength: 1, maxLength: 256 }) }, closed)
export type Profile = Static<typeof Profile>

export const SessionRequest = Type.Object({ code: Type.String({ maxLength: 128 }) }, closed)
export type SessionRequest = Static<typeof SessionRequest>
export const Session = Type.Object({ token: Type.String() })
export type Session = Static<typeof Session>

export const BrowserLink = Type.Object({ url: Type.String() })
export type BrowserLink = Static<typeof BrowserLink>

export const SwitchRequest = Type.Object({ on: Type.Boolean() }, closed)
export type SwitchRequest = Static<typeof SwitchRequest>
export const DialRequest = Type.Object(
  { address: Type.String({ minLength: 1, maxLength: 256 }) },
  closed,
)
export type DialRequest = Static<typeof DialRequest>

export const RoomRequest = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 1024 }) },
  closed,
)
export type RoomRequest = Static<typeof RoomRequest>

export const JoinRequest = Type.Object(
  {
    invite: Type.String({ minLength: 1, maxLength: 8192 }),
    patience: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 60_000, description: 'Milliseconds; default 5,000' }),
    ),
  },
  closed,
)
export type JoinRequest = Static<typeof JoinRequest>

export const InviteRequest = Type.Object(
  {
    role: Type.Optional(
      Type.Union([Type.Literal('moderator'), Type.Literal('member'), Type.Literal('reader')]),
    ),
    uses: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    expiresIn: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 315_360_000_000, description: 'Milliseconds' }),
    ),
  },
  closed,
)
export type InviteRequest = Static<typeof InviteRequest>
export const Invite = Type.Object({ invite: Type.String() })
export type Invite = Static<typeof Invite>

export const MessageQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
    before: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  },
  closed,
)
export type MessageQuery = Static<typeof MessageQuery>

export const SendRequest = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 65_536, description: 'At most 16 KiB of UTF-8' }),
    replyTo: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  },
  closed,
)
export type SendRequest = Static<typeof SendRequest>

export const ReadRequest = Type.Object(
  { messageId: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })) },
  closed,
)
export type ReadRequest = Static<typeof ReadRequest>

export const Empty = Type.Object({})
export type Empty = Static<typeof Empty>

/** The `data` of each kind of event in the stream, by its name. */
export interface StreamEvents {
  room: { roomId: string }
  timeline: { roomId: string; messages: readonly MessageView[]; overflow: boolean }
  delivery: { roomId: string }
  peers: Record<never, never>
  transports: Record<never, never>
  /** Events were lost: everything shown is to be fetched anew. */
  reset: Record<never, never>
}
