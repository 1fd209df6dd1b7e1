import { PorchlightError } from '../../core/errors.ts'
import { skeleton } from '../../core/people/confusable.ts'

const MAX_CANDIDATES = 10

/** What a reference is looked for among. */
export interface Referable {
  readonly id: string
  readonly name?: string
  /** Another's name looks the same: this one is never meant by its name alone. */
  readonly confusable?: boolean
}

/** How to speak of what was not found. */
export interface Kind {
  /** `room` */
  readonly noun: string
  /** Whether they have names at all. */
  readonly named: boolean
  /** Where a person sees what there is; a sentence. */
  readonly where: string
}

/**
 * What a person means by an id, a unique prefix of one, or a unique name. A whole id comes first;
 * where the name of one is the start of another's id, neither is guessed.
 * Errors: NOT_FOUND; AMBIGUOUS, with the candidates.
 */
export function findReferenced<T extends Referable>(
  reference: string,
  all: readonly T[],
  kind: Kind,
): T {
  const exact = all.find((one) => one.id === reference)
  if (exact !== undefined) return exact
  const found = candidates(reference, all)
  if (found.length === 0) throw notFound(reference, kind)
  const [only] = found
  if (found.length > 1 || byConfusableName(reference, only!)) {
    throw ambiguous(reference, found.length > 1 ? found : [only!, ...lookalikes(only!, all)])
  }
  return only!
}

function candidates<T extends Referable>(reference: string, all: readonly T[]): readonly T[] {
  if (reference === '') return []
  const prefix = reference.toLowerCase()
  const name = reference.normalize('NFC')
  return all.filter((one) => one.name?.normalize('NFC') === name || one.id.startsWith(prefix))
}

function byConfusableName(reference: string, one: Referable): boolean {
  return one.confusable === true && !one.id.startsWith(reference.toLowerCase())
}

function lookalikes<T extends Referable>(one: T, all: readonly T[]): readonly T[] {
  const shape = skeleton(one.name ?? '')
  return all.filter((other) => other !== one && skeleton(other.name ?? '') === shape)
}

function notFound(reference: string, { noun, named, where }: Kind): PorchlightError {
  const words = named
    ? `No ${noun} is called "${shorten(reference)}", and no ${noun}'s id begins so.`
    : `No ${noun}'s id begins with "${shorten(reference)}".`
  return new PorchlightError('NOT_FOUND', `${words} ${where}`)
}

function ambiguous(reference: string, found: readonly Referable[]): PorchlightError {
  const shown = found
    .slice(0, MAX_CANDIDATES)
    .map(({ id, name }) =>
      name === undefined ? id.slice(0, 12) : `${id.slice(0, 12)} (${shorten(name)})`,
    )
  const rest = found.length - shown.length
  const more = rest > 0 ? ` and ${rest} more` : ''
  return new PorchlightError(
    'AMBIGUOUS',
    `"${shorten(reference)}" could be ${shown.join(', ')}${more}: use more of the id.`,
  )
}

function shorten(text: string): string {
  return text.length > 64 ? `${text.slice(0, 63)}…` : text
}
