import Type, { type Static } from './type.ts'
import { closed, reference, strings } from './common.ts'

/** Bytes: as many as any disk has. */
const bytes = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

export const NodeView = Type.Object({
  id: Type.String({ description: 'Its node key, which is its device id' }),
  name: Type.String(),
  transport: Type.Union([Type.String(), Type.Null()], {
    description: 'How it is reached; null while it is not',
  }),
  free: Type.Number({ description: 'Bytes that it would still take, as it says' }),
  relays: Type.Boolean(),
  paired: Type.Boolean({ description: 'It is in a room with this device, and keeps space for it' }),
  rooms: strings,
})
export type NodeView = Static<typeof NodeView>

export const MirrorView = Type.Object({
  room: Type.String(),
  node: Type.String(),
  name: Type.String(),
  state: Type.Union([
    Type.Literal('storing'),
    Type.Literal('stored'),
    Type.Literal('refused'),
    Type.Literal('away'),
  ]),
  reason: Type.Optional(Type.String({ description: 'Why it does not store, and what to do' })),
  behind: Type.Integer({ description: 'Records here that the node did not say it holds' }),
  bytes: Type.Union([Type.Number(), Type.Null()]),
  until: Type.Union([Type.Number(), Type.Null()], {
    description: 'Wall-clock milliseconds until when it keeps them, unless somebody comes again',
  }),
  seen: Type.Union([Type.Number(), Type.Null()]),
  files: Type.Optional(
    Type.Object(
      {
        named: Type.Integer({ description: 'Files that it was asked to keep' }),
        kept: Type.Integer({ description: 'Of these, those all of which is there' }),
        refused: Type.Integer({ description: 'Those that it does not keep' }),
        reason: Type.Optional(Type.String({ description: 'Why not' })),
      },
      { description: 'The room’s files there; absent while it is away' },
    ),
  ),
  by: Type.String({ description: 'The person who added it' }),
})
export type MirrorView = Static<typeof MirrorView>

/** `node`: an id, a unique prefix of one, or a unique name. */
export const MirrorParams = Type.Object({ room: reference, node: reference })

export const MirrorRequest = Type.Object({ node: reference }, closed)
export type MirrorRequest = Static<typeof MirrorRequest>

export const HeldView = Type.Object({
  mirrors: Type.Integer(),
  depositors: Type.Integer(),
  bytes: Type.Number(),
  carried: Type.Object({ mirrors: Type.Integer(), bytes: Type.Number() }),
})
export type HeldView = Static<typeof HeldView>

export const HeldQuery = Type.Object(
  { what: Type.Union([Type.Literal('carried'), Type.Literal('all')]) },
  closed,
)

const sharing = {
  neighbourhood: Type.Boolean({ description: 'Offers space to whoever comes' }),
  quota: bytes,
  carry: Type.Boolean({ description: 'Carries messages of strangers from place to place' }),
  carryQuota: bytes,
  relay: Type.Boolean({ description: 'Passes on between those who do not reach each other' }),
}
export const SharingSettings = Type.Object(sharing)
export type SharingSettings = Static<typeof SharingSettings>

export const SharingRequest = Type.Object(
  {
    neighbourhood: Type.Optional(sharing.neighbourhood),
    quota: Type.Optional(sharing.quota),
    carry: Type.Optional(sharing.carry),
    carryQuota: Type.Optional(sharing.carryQuota),
    relay: Type.Optional(sharing.relay),
  },
  closed,
)
export type SharingRequest = Static<typeof SharingRequest>

export const CarryRequest = Type.Object(
  {
    dir: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: 'A directory of the node’s computer, absolute',
    }),
  },
  closed,
)
export type CarryRequest = Static<typeof CarryRequest>

const moved = Type.Object({
  records: Type.Integer(),
  files: Type.Integer(),
  bytes: Type.Number(),
})
export const CarryReport = Type.Object({
  dir: Type.String(),
  rooms: Type.Integer(),
  mirrors: Type.Integer(),
  read: moved,
  written: moved,
  problems: strings,
})
export type CarryReport = Static<typeof CarryReport>
