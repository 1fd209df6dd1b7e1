import type Typebox from 'typebox'

export type { Static } from 'typebox'

/** A JSON schema under construction. */
type Schema = Record<string, unknown>
type Options = Readonly<Record<string, unknown>>

/** On a property's schema: the object may do without it. No key of the JSON. */
const OPTIONAL = Symbol('optional')

function made(schema: Schema, options: Options = {}): Schema {
  return { ...schema, ...options }
}

function objectOf(properties: Readonly<Record<string, Schema>>, options?: Options): Schema {
  const required = Object.keys(properties).filter((name) => !(OPTIONAL in properties[name]!))
  return made({ type: 'object', ...(required.length > 0 ? { required } : {}), properties }, options)
}

function optional(schema: Schema): Schema {
  return Object.defineProperty({ ...schema }, OPTIONAL, { value: true })
}

const builders = {
  Array: (items: Schema, options?: Options) => made({ type: 'array', items }, options),
  Boolean: (options?: Options) => made({ type: 'boolean' }, options),
  Immutable: (schema: Schema) => schema,
  Integer: (options?: Options) => made({ type: 'integer' }, options),
  Literal: (value: string | number | boolean, options?: Options) =>
    made({ type: typeof value, const: value }, options),
  Null: (options?: Options) => made({ type: 'null' }, options),
  Number: (options?: Options) => made({ type: 'number' }, options),
  Object: objectOf,
  Optional: optional,
  Partial: ({ properties }: Schema, options?: Options) => {
    const all = Object.entries(properties as Record<string, Schema>)
    return objectOf(Object.fromEntries(all.map(([name, one]) => [name, optional(one)])), options)
  },
  Record: (_key: Schema, value: Schema, options?: Options) =>
    made({ type: 'object', patternProperties: { '^.*$': value } }, options),
  String: (options?: Options) => made({ type: 'string' }, options),
  Tuple: (items: readonly Schema[], options?: Options) =>
    made({ type: 'array', additionalItems: false, items, minItems: items.length }, options),
  Union: (anyOf: readonly Schema[], options?: Options) => made({ anyOf }, options),
  Unsafe: (schema: Schema) => schema,
}

/**
 * What this API takes of typebox, with its types and its very JSON. Loading typebox itself would cost a node 20 MB of
 * memory for as long as it runs, to make these few objects.
 */
const Type = builders as unknown as Pick<typeof Typebox, keyof typeof builders>
export default Type
