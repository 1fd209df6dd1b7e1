import Type, { type Static } from './type.ts'

/** Of request bodies and queries: what is not named is refused. */
export const closed = { additionalProperties: false }

export const strings = Type.Immutable(Type.Array(Type.String()))

/** An id, the beginning of one, or a name, as a person gives it. */
export const reference = Type.String({ minLength: 1, maxLength: 1024 })

export const messageId = Type.String({ minLength: 1, maxLength: 256 })

/** Every refusal: a stable code, and a sentence a person can act on. */
export const ApiError = Type.Object({
  error: Type.Object({ code: Type.String(), message: Type.String() }),
})
export type ApiError = Static<typeof ApiError>

export const Empty = Type.Object({})
export type Empty = Static<typeof Empty>

export const SwitchRequest = Type.Object({ on: Type.Boolean() }, closed)
export type SwitchRequest = Static<typeof SwitchRequest>
