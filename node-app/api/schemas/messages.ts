import Type, { type Static } from './type.ts'
import { closed, messageId, reference, strings } from './common.ts'
import { FileCard } from './files.ts'

const SECOND = 1000
const YEAR = 31_536_000_000

const text = Type.String({
  minLength: 1,
  maxLength: 65_536,
  description: 'At most 16 KiB of UTF-8',
})

export const Delivery = Type.Object({
  state: Type.Union([
    Type.Literal('saved'),
    Type.Literal('carried'),
    Type.Literal('delivered'),
    Type.Literal('read'),
  ]),
  devices: Type.Integer({ minimum: 0, description: 'For `read`: persons' }),
})
export type Delivery = Static<typeof Delivery>

export const ReactionView = Type.Object({
  emoji: Type.String(),
  count: Type.Integer(),
  own: Type.Boolean(),
})
export type ReactionView = Static<typeof ReactionView>

const place = {
  latitude: Type.Number({ minimum: -90, maximum: 90 }),
  longitude: Type.Number({ minimum: -180, maximum: 180 }),
  accuracy: Type.Optional(Type.Number({ minimum: 0, maximum: 1e8, description: 'Metres' })),
  label: Type.Optional(Type.String({ maxLength: 512 })),
}
export const LocationPoint = Type.Object(place, { description: 'WGS 84 degrees' })
export type LocationPoint = Static<typeof LocationPoint>

export const MessageView = Type.Object({
  id: Type.String(),
  author: Type.String(),
  authorName: Type.String(),
  own: Type.Boolean(),
  text: Type.String({ description: 'As edited last; empty when its content is gone' }),
  kind: Type.Union([
    Type.Literal('text'),
    Type.Literal('location'),
    Type.Literal('file'),
    Type.Literal('deleted'),
    Type.Literal('hidden'),
    Type.Literal('expired'),
    Type.Literal('unknown'),
  ]),
  sentAt: Type.Number({
    description: 'Wall-clock milliseconds the author claims: for display only',
  }),
  delivery: Delivery,
  replyTo: Type.Optional(Type.String()),
  editedAt: Type.Optional(Type.Number({ description: 'As claimed' })),
  reactions: Type.Optional(Type.Immutable(Type.Array(ReactionView))),
  expiresAt: Type.Optional(Type.Number({ description: 'When it disappears' })),
  mentions: Type.Optional(strings),
  mentioned: Type.Optional(Type.Boolean({ description: 'Names this person' })),
  location: Type.Optional(LocationPoint),
  file: Type.Optional(FileCard),
  pinned: Type.Optional(Type.Boolean()),
})
export type MessageView = Static<typeof MessageView>

export const MessagePage = Type.Object({
  messages: Type.Immutable(Type.Array(MessageView)),
  more: Type.Boolean({ description: 'True when older messages exist' }),
})
export type MessagePage = Static<typeof MessagePage>

export const MessageQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
    before: Type.Optional(messageId),
    after: Type.Optional(messageId),
  },
  closed,
)
export type MessageQuery = Static<typeof MessageQuery>

export const MessageParams = Type.Object({ room: reference, message: messageId })

export const SendRequest = Type.Object(
  {
    text: Type.String({
      maxLength: 65_536,
      description: 'At most 16 KiB of UTF-8; may be empty beside a location',
    }),
    replyTo: Type.Optional(messageId),
    expiresIn: Type.Optional(
      Type.Integer({
        minimum: SECOND,
        maximum: YEAR,
        description: 'Milliseconds until it disappears; the room’s own timer when absent',
      }),
    ),
    location: Type.Optional(Type.Object(place, closed)),
  },
  closed,
)
export type SendRequest = Static<typeof SendRequest>

export const EditRequest = Type.Object({ text }, closed)
export type EditRequest = Static<typeof EditRequest>

export const ReactionParams = Type.Object({
  room: reference,
  message: messageId,
  emoji: Type.String({ minLength: 1, maxLength: 64 }),
})

export const ReadRequest = Type.Object({ messageId: Type.Optional(messageId) }, closed)
export type ReadRequest = Static<typeof ReadRequest>

export const Draft = Type.Object(
  { text: Type.String({ maxLength: 65_536, description: 'At most 16 KiB; empty: none' }) },
  closed,
)
export type Draft = Static<typeof Draft>

export const SearchQuery = Type.Object(
  {
    words: Type.String({ minLength: 1, maxLength: 1024 }),
    room: Type.Optional(reference),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
    after: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  },
  closed,
)
export type SearchQuery = Static<typeof SearchQuery>

export const SearchHit = Type.Object({
  roomId: Type.String(),
  message: MessageView,
  marks: Type.Immutable(
    Type.Array(Type.Immutable(Type.Tuple([Type.Integer(), Type.Integer()])), {
      description: 'Where the words stand in the text: [start, end) in UTF-16 units',
    }),
  ),
})
export type SearchHit = Static<typeof SearchHit>

export const SearchPage = Type.Object({
  hits: Type.Immutable(Type.Array(SearchHit)),
  after: Type.Optional(Type.String({ description: 'For the next page' })),
})
export type SearchPage = Static<typeof SearchPage>
