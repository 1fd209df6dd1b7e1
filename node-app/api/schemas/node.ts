import Type, { type Static } from './type.ts'
import { closed, strings } from './common.ts'

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
    description: 'Most bytes of received files, if limited',
  }),
})
export type Storage = Static<typeof Storage>

export const Status = Type.Object({
  device: Type.String(),
  person: Type.String(),
  name: Type.String(),
  named: Type.Boolean({ description: 'Whether the person chose the name' }),
  version: Type.String(),
  locked: Type.Boolean({
    description: 'True while the passphrase is needed: nothing of the person is known then',
  }),
  sealed: Type.Boolean({ description: 'Whether there is a passphrase' }),
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

export const Profile = Type.Object({ name: Type.String({ minLength: 1, maxLength: 256 }) }, closed)
export type Profile = Static<typeof Profile>

export const SessionRequest = Type.Object({ code: Type.String({ maxLength: 128 }) }, closed)
export type SessionRequest = Static<typeof SessionRequest>
export const Session = Type.Object({ token: Type.String() })
export type Session = Static<typeof Session>

export const BrowserLink = Type.Object({ url: Type.String() })
export type BrowserLink = Static<typeof BrowserLink>

export const DialRequest = Type.Object(
  { address: Type.String({ minLength: 1, maxLength: 256 }) },
  closed,
)
export type DialRequest = Static<typeof DialRequest>

const passphrase = Type.String({ minLength: 1, maxLength: 1024 })

export const LockRequest = Type.Object({ passphrase: Type.Optional(passphrase) }, closed)
export type LockRequest = Static<typeof LockRequest>
export const UnlockRequest = Type.Object({ passphrase }, closed)
export type UnlockRequest = Static<typeof UnlockRequest>
export const PassphraseRequest = Type.Object(
  {
    current: Type.Optional(Type.Union([passphrase, Type.Null()])),
    next: Type.Union([passphrase, Type.Null()]),
  },
  closed,
)
export type PassphraseRequest = Static<typeof PassphraseRequest>
export const WipeRequest = Type.Object({ confirm: Type.Literal('wipe') }, closed)
export type WipeRequest = Static<typeof WipeRequest>

export const Identity = Type.Object({
  person: Type.String(),
  device: Type.String(),
  name: Type.String(),
  avatar: Type.Optional(Type.String()),
  hasPhrase: Type.Boolean({ description: 'Whether this device holds the 24 words' }),
  sealed: Type.Boolean({ description: 'Whether a passphrase seals the key file' }),
})
export type Identity = Static<typeof Identity>
export const Phrase = Type.Object({ phrase: Type.String() })
export type Phrase = Static<typeof Phrase>
export const Backup = Type.Object({ file: Type.String({ description: 'Text of the file' }) })
export type Backup = Static<typeof Backup>
