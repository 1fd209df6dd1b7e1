import Type, { type Static } from './type.ts'
import { closed, reference } from './common.ts'

const HOUR = 3_600_000
const YEAR = 31_536_000_000

export const Role = Type.Union([
  Type.Literal('admin'),
  Type.Literal('moderator'),
  Type.Literal('member'),
  Type.Literal('reader'),
])
export type Role = Static<typeof Role>

/** `room`: an id, a unique prefix of one, or a unique name. */
export const RoomParams = Type.Object({ room: reference })

export const RoomView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Role,
  state: Type.Union([Type.Literal('joined'), Type.Literal('waiting'), Type.Literal('removed')]),
  members: Type.Integer(),
  unread: Type.Integer(),
  mentions: Type.Integer({ description: 'Unread messages that name this person' }),
  messages: Type.Integer(),
  missing: Type.Integer({ description: 'Messages known to exist that have not arrived here yet' }),
})
export type RoomView = Static<typeof RoomView>

export const RoomRequest = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 1024 }) },
  closed,
)
export type RoomRequest = Static<typeof RoomRequest>

const history = Type.Union([Type.Literal('all'), Type.Literal('joined')], {
  description: 'What those who join later may read',
})
const span = (description: string) =>
  Type.Union([Type.Number(), Type.Null()], { description: `${description}, in milliseconds` })
const newSpan = (minimum: number, description: string) =>
  Type.Optional(
    Type.Union([Type.Integer({ minimum, maximum: 10 * YEAR }), Type.Null()], {
      description: `${description}, in milliseconds; null switches off`,
    }),
  )

export const RoomSettings = Type.Object({
  history,
  rotateEvery: span('A new key at least so often'),
  keepFor: span('Keys of epochs that ended longer ago are deleted'),
  disappearAfter: span('Default timer of messages'),
})
export type RoomSettings = Static<typeof RoomSettings>

export const SettingsRequest = Type.Object(
  {
    history: Type.Optional(history),
    rotateEvery: newSpan(HOUR, 'A new key at least so often'),
    keepFor: newSpan(1, 'Keys of epochs that ended longer ago are deleted'),
    disappearAfter: newSpan(1000, 'Default timer of messages'),
  },
  { ...closed, minProperties: 1 },
)
export type SettingsRequest = Static<typeof SettingsRequest>

export const MemberView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  avatar: Type.Optional(Type.String({ description: 'A data: URL' })),
  role: Role,
  self: Type.Boolean(),
  muted: Type.Boolean(),
  verified: Type.Boolean({ description: 'Compared in person by this person' }),
  blocked: Type.Boolean({ description: 'Nothing of theirs is shown on this person’s devices' }),
  confusable: Type.Boolean({
    description: 'Another member’s name looks the same: show the id too',
  }),
  devices: Type.Immutable(Type.Array(Type.Object({ id: Type.String(), here: Type.Boolean() }))),
})
export type MemberView = Static<typeof MemberView>

/** `member`: an id, a unique prefix of one, or a unique name that no other resembles. */
export const MemberParams = Type.Object({ room: reference, member: reference })

export const RoleRequest = Type.Object({ role: Role }, closed)
export type RoleRequest = Static<typeof RoleRequest>

/** Whom a request turned out to mean. */
export const PersonReference = Type.Object({ id: Type.String(), name: Type.String() })
export type PersonReference = Static<typeof PersonReference>

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
      Type.Integer({ minimum: 1, maximum: 10 * YEAR, description: 'Milliseconds' }),
    ),
  },
  closed,
)
export type InviteRequest = Static<typeof InviteRequest>
export const Invite = Type.Object({ invite: Type.String() })
export type Invite = Static<typeof Invite>

export const InviteView = Type.Object({
  id: Type.String(),
  role: Role,
  by: Type.String({ description: 'Person id of who made it' }),
  used: Type.Integer(),
  uses: Type.Union([Type.Integer(), Type.Null()]),
  expiresAt: Type.Union([Type.Number(), Type.Null()], { description: 'Wall-clock milliseconds' }),
  state: Type.Union([
    Type.Literal('open'),
    Type.Literal('used-up'),
    Type.Literal('expired'),
    Type.Literal('revoked'),
  ]),
})
export type InviteView = Static<typeof InviteView>

/** `invite`: an id, or the unique beginning of one. */
export const InviteParams = Type.Object({ room: reference, invite: reference })
