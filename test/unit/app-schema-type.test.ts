import { expect, test } from '@jest/globals'
import Typebox from 'typebox'
import Type from '../../node-app/api/schemas/type.ts'

/** Each builder, as the API's schemas use it. */
function schemas(T: typeof Type): unknown {
  const closed = { additionalProperties: false }
  const name = T.String({ minLength: 1, maxLength: 3 })
  const point = T.Object({ latitude: T.Number({ minimum: -90 }), label: T.Optional(name) })
  return [
    T.Object({}, closed),
    T.Object({ name, again: T.Optional(name), point }, { ...closed, minProperties: 1 }),
    T.Object({ all: T.Optional(T.Boolean()) }),
    T.Union([T.Literal('a'), T.Literal(7), T.Literal(true), T.Null({ description: 'none' })]),
    T.Union([T.Integer({ maximum: 3 }), T.Null()], { description: 'one' }),
    T.Immutable(T.Array(T.Immutable(T.Tuple([T.Integer(), T.Number()])), { description: 'marks' })),
    T.Record(T.String(), point),
    T.Partial(point, { ...closed, maxProperties: 1 }),
    T.Optional(T.Union([T.Partial(T.Object({ a: T.Integer() }), closed), T.Null()])),
    T.Unsafe<unknown>({ type: 'string', format: 'binary' }),
  ]
}

test('our schemas are typebox’s, to the letter', () => {
  expect(JSON.stringify(schemas(Type))).toBe(JSON.stringify(schemas(Typebox)))
})

test('a schema that is optional in one place is required in another', () => {
  const name = Type.String()
  expect(Type.Object({ a: Type.Optional(name), b: name }).required).toEqual(['b'])
  expect(Object.keys(Type.Optional(name))).toEqual(['type'])
})
