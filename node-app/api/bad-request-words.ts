/** One complaint of a schema check, as the framework hands it on. */
export interface Complaint {
  readonly keyword: string
  /** `/location/latitude` */
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a JSON object',
  array: 'a list',
  null: 'null',
}
/** Where one of several forms would do, each that does not fit complains: these are the vague ones. */
const VAGUE = ['anyOf', 'oneOf', 'const', 'type']

/** What is wrong with a request, for whoever wrote it. Quotes its names, never its values. */
export function badRequestWords(complaints: readonly Complaint[]): string {
  const exact = complaints.find(({ keyword }) => !VAGUE.includes(keyword))
  if (exact !== undefined) return sentence(exact)
  const first = complaints[0]
  if (first === undefined) return 'The request does not fit this address.'
  const here = complaints.filter(({ instancePath }) => instancePath === first.instancePath)
  const allowed = here.flatMap(({ params }) => params['allowedValue'] ?? [])
  if (allowed.length > 0) {
    const values = allowed.map((value) => JSON.stringify(value)).join(', ')
    return `${nameOf(first)} must be ${allowed.length > 1 ? 'one of ' : ''}${values}.`
  }
  const types = here.flatMap(({ params }) => TYPES[String(params['type'])] ?? [])
  return `${nameOf(first)} must be ${[...new Set(types)].join(' or ') || 'something else'}.`
}

function sentence(complaint: Complaint): string {
  const { keyword, params } = complaint
  const name = nameOf(complaint)
  switch (keyword) {
    case 'required':
      return `${quoted(params['missingProperty'])} is missing.`
    case 'additionalProperties':
      return `${quoted(params['additionalProperty'])} means nothing at this address.`
    case 'minProperties':
      return `${name} must hold something.`
    case 'maxProperties':
      return `${name} must hold no more than ${String(params['limit'])} of its fields at a time.`
    case 'minimum':
      return `${name} must be at least ${String(params['limit'])}.`
    case 'maximum':
      return `${name} must be at most ${String(params['limit'])}.`
    case 'minLength':
      return params['limit'] === 1
        ? `${name} must not be empty.`
        : `${name} is too short: at least ${String(params['limit'])} characters.`
    case 'maxLength':
      return `${name} is too long: at most ${String(params['limit'])} characters.`
    default:
      return `${name} is not written as it has to be.`
  }
}

function nameOf({ instancePath }: Complaint): string {
  return instancePath === '' ? 'The request' : quoted(instancePath.slice(1).replaceAll('/', '.'))
}

/** A client's own word, bounded. */
function quoted(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 64))
}
