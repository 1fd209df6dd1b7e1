import Type, { type Static } from './type.ts'
import { closed, reference } from './common.ts'

export const DeviceView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  here: Type.Boolean({ description: 'This very device' }),
  since: Type.Number({ description: 'Wall-clock milliseconds at which it was paired' }),
})
export type DeviceView = Static<typeof DeviceView>

/** `device`: an id, a unique prefix of one, or a unique name. */
export const DeviceParams = Type.Object({ device: reference })

export const PairingRequest = Type.Object(
  {
    confirm: Type.Optional(
      Type.Boolean({ description: 'Let the new device in only after POST …/answer' }),
    ),
  },
  closed,
)
export type PairingRequest = Static<typeof PairingRequest>

export const PairingOffer = Type.Object({
  code: Type.String({ description: '`porchlight-pair:…`: good once, for ten minutes' }),
  expiresAt: Type.Number(),
})
export type PairingOffer = Static<typeof PairingOffer>

export const PairingState = Type.Object({
  state: Type.Union([
    Type.Literal('idle'),
    Type.Literal('offered'),
    Type.Literal('asking'),
    Type.Literal('paired'),
    Type.Literal('failed'),
  ]),
  device: Type.Optional(Type.Object({ id: Type.String(), name: Type.String() })),
  digits: Type.Optional(Type.String({ description: 'Six; both devices must show the same' })),
  words: Type.Optional(Type.String({ description: 'Why it failed' })),
})
export type PairingState = Static<typeof PairingState>

export const AnswerRequest = Type.Object({ accept: Type.Boolean() }, closed)
export type AnswerRequest = Static<typeof AnswerRequest>

export const PairRequest = Type.Object(
  {
    code: Type.String({ minLength: 1, maxLength: 4096 }),
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: 'What to call this device' }),
    ),
  },
  closed,
)
export type PairRequest = Static<typeof PairRequest>
