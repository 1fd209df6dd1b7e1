import Type, { type Static } from './type.ts'
import { closed, reference } from './common.ts'

/** `person`: an id, a unique prefix of one, or a unique name, of whoever shares a room. */
export const PersonParams = Type.Object({ person: reference })

export const VerificationView = Type.Object({
  code: Type.String({ description: 'Six groups of five digits, alike on both sides' }),
  qr: Type.String({ description: 'This person’s side, for a QR code' }),
  verified: Type.Boolean(),
})
export type VerificationView = Static<typeof VerificationView>

/** One proof alone: what the other shows, or that a human compared. */
export const VerifyRequest = Type.Object(
  {
    qr: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    code: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    confirmed: Type.Optional(Type.Literal(true)),
  },
  { ...closed, minProperties: 1, maxProperties: 1 },
)
export type VerifyRequest = Static<typeof VerifyRequest>

export const WarningView = Type.Object({
  id: Type.String(),
  kind: Type.Union([
    Type.Literal('name-taken'),
    Type.Literal('key-changed'),
    Type.Literal('code-mismatch'),
  ]),
  person: Type.String(),
  roomId: Type.Optional(Type.String()),
  words: Type.String({ description: 'What happened, what is safe, what to do' }),
  at: Type.Number(),
})
export type WarningView = Static<typeof WarningView>

/** `warning`: an id, or the unique beginning of one. */
export const WarningParams = Type.Object({ warning: reference })

export const AvatarRequest = Type.Object(
  {
    image: Type.String({
      minLength: 4,
      maxLength: 32_768,
      pattern: '^[A-Za-z0-9+/]+={0,2}$',
      description: 'Base64 of a PNG, JPEG or WebP of at most 24 kB',
    }),
  },
  closed,
)
export type AvatarRequest = Static<typeof AvatarRequest>
