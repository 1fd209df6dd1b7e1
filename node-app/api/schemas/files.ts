import Type, { type Static } from 'typebox'

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
