import Type, { type Static } from './type.ts'
import { closed, messageId, reference } from './common.ts'

const SECOND = 1000
const YEAR = 31_536_000_000
/** Bytes: as many as any disk has. */
const MOST = Number.MAX_SAFE_INTEGER

export const FilePreview = Type.Object({
  data: Type.String({ description: '`data:` URL of a picture of at most 8 kB' }),
  width: Type.Integer({ description: 'Pixels of the image itself' }),
  height: Type.Integer(),
})
export type FilePreview = Static<typeof FilePreview>

const card = {
  id: Type.String(),
  name: Type.String({ description: 'A safe base name' }),
  size: Type.Number({ description: 'Bytes; of a folder, of all its files' }),
  type: Type.String({ description: 'Media type as the sender claims it' }),
  state: Type.Union([
    Type.Literal('remote'),
    Type.Literal('downloading'),
    Type.Literal('complete'),
    Type.Literal('paused'),
    Type.Literal('failed'),
  ]),
  files: Type.Optional(Type.Integer({ description: 'How many files a folder has' })),
  preview: Type.Optional(FilePreview),
}

export const FileCard = Type.Object(card)
export type FileCard = Static<typeof FileCard>

export const FileView = Type.Object({
  ...card,
  messageId: Type.String(),
  author: Type.String(),
  authorName: Type.String(),
  own: Type.Boolean(),
  sentAt: Type.Number({ description: 'Wall-clock milliseconds the author claims' }),
  expiresAt: Type.Optional(Type.Number()),
  have: Type.Number({ description: 'Verified bytes that are here' }),
  sources: Type.Integer({ description: 'Devices in reach that have some of it' }),
  reason: Type.Optional(
    Type.Union([
      Type.Literal('no-source'),
      Type.Literal('disk-full'),
      Type.Literal('quota'),
      Type.Literal('source-changed'),
      Type.Literal('source-gone'),
      Type.Literal('damaged'),
      Type.Literal('lost-here'),
      Type.Literal('not-stored'),
    ]),
  ),
  words: Type.Optional(
    Type.String({ description: 'Why it stands still, what is safe, what to do' }),
  ),
  rate: Type.Optional(Type.Number({ description: 'Bytes a second' })),
  secondsLeft: Type.Optional(Type.Number()),
  path: Type.Optional(Type.String({ description: 'Where it is on this device, once complete' })),
})
export type FileView = Static<typeof FileView>

/** `file`: an id, a unique prefix of one, or a unique name. */
export const FileParams = Type.Object({ room: reference, file: reference })

const said = {
  text: Type.Optional(Type.String({ maxLength: 65_536, description: 'Said with it' })),
  replyTo: Type.Optional(messageId),
  expiresIn: Type.Optional(
    Type.Integer({
      minimum: SECOND,
      maximum: YEAR,
      description: 'Milliseconds until it disappears; the room’s own timer when absent',
    }),
  ),
}
const name = Type.String({ minLength: 1, maxLength: 1024 })
const path = Type.String({ minLength: 1, maxLength: 4096 })

export const FileListQuery = Type.Object(
  {
    previews: Type.Optional(
      Type.Union([Type.Literal('true'), Type.Literal('false')], {
        description: 'true: those of the newest 100; those of others come with each file',
      }),
    ),
  },
  closed,
)

export const FileSendRequest = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: 'Of a file or folder on the node’s computer, absolute; it is served in place',
    }),
    name: Type.Optional(name),
    ...said,
  },
  closed,
)
export type FileSendRequest = Static<typeof FileSendRequest>

export const UploadQuery = Type.Object(
  {
    name,
    type: Type.Optional(Type.String({ maxLength: 128, description: 'Media type' })),
    ...said,
  },
  closed,
)
export type UploadQuery = Static<typeof UploadQuery>

export const FileGetRequest = Type.Object(
  {
    out: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4096,
        description: 'Where to put it on the node’s computer, absolute; nothing is replaced',
      }),
    ),
  },
  closed,
)
export type FileGetRequest = Static<typeof FileGetRequest>

export const FileGot = Type.Object({
  path: Type.String(),
  size: Type.Number(),
  seconds: Type.Number(),
})
export type FileGot = Static<typeof FileGot>

export const FileDeleteQuery = Type.Object(
  { everyone: Type.Optional(Type.Union([Type.Literal('true'), Type.Literal('false')])) },
  closed,
)

export const FolderEntry = Type.Object({
  path: Type.String({ description: 'Relative, separated by /' }),
  size: Type.Number(),
})
export type FolderEntry = Static<typeof FolderEntry>

export const FileContentQuery = Type.Object(
  {
    path: Type.Optional(path),
    download: Type.Optional(Type.Union([Type.Literal('true'), Type.Literal('false')])),
    pass: Type.Optional(
      Type.String({ maxLength: 256, description: 'In place of the token, where none can be sent' }),
    ),
  },
  closed,
)

export const FilePass = Type.Object({
  pass: Type.String({ description: 'Good for the content of this file alone, for this run' }),
})
export type FilePass = Static<typeof FilePass>

const bytes = (description: string) => Type.Integer({ minimum: 0, maximum: MOST, description })
const limits = {
  lan: bytes('Bytes, on the local network'),
  dht: bytes('Bytes, over the internet'),
  ble: bytes('Bytes, over Bluetooth'),
  other: bytes('Bytes, over any other transport'),
}

export const FilePolicy = Type.Object({
  autoFetch: Type.Object(limits, {
    description: 'The largest that is fetched without being asked',
  }),
  keepFor: Type.Union([Type.Number(), Type.Null()], {
    description: 'Milliseconds after which what came so is deleted here; null keeps it',
  }),
})
export type FilePolicy = Static<typeof FilePolicy>

export const FilePolicyRequest = Type.Object(
  {
    autoFetch: Type.Optional(
      Type.Union(
        [Type.Partial(Type.Object(limits), { ...closed, minProperties: 1 }), Type.Null()],
        {
          description: 'null falls back to the device’s own',
        },
      ),
    ),
    keepFor: Type.Optional(
      Type.Union(
        [
          Type.Integer({ minimum: SECOND, maximum: 10 * YEAR }),
          Type.Null(),
          Type.Literal('default'),
        ],
        { description: 'Milliseconds; null keeps for ever; `default` falls back' },
      ),
    ),
  },
  { ...closed, minProperties: 1 },
)
export type FilePolicyRequest = Static<typeof FilePolicyRequest>

export const FileStorage = Type.Object({
  used: Type.Number({ description: 'Bytes of received files in the data directory' }),
  quota: Type.Union([Type.Number(), Type.Null()]),
})
export type FileStorage = Static<typeof FileStorage>

export const FileStorageRequest = Type.Object(
  { quota: Type.Union([bytes('Most bytes of received files'), Type.Null()]) },
  closed,
)
export type FileStorageRequest = Static<typeof FileStorageRequest>
