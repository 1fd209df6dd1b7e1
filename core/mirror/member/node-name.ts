import { PorchlightError } from '../../errors.ts'

/** Least hex digits by which a node is named. */
const LEAST_PREFIX = 4

/** A node that a person may mean. */
export interface NamedNode {
  /** Node key (hex). */
  readonly id: string
  readonly name: string
}

/**
 * The node that a person means: by its whole id (also of a node that is not known), the beginning of one that is, or
 * its name. Errors: `BAD_REQUEST` where it may be several, `NOT_FOUND`.
 */
export function resolveNode(text: string, known: Iterable<NamedNode>): string {
  const said = text.trim()
  const id = said.toLowerCase()
  if (/^[0-9a-f]{64}$/.test(id)) return id
  const nodes = new Map([...known].map((node) => [node.id, node]))
  const isPrefix = id.length >= LEAST_PREFIX && /^[0-9a-f]+$/.test(id)
  const called = [...nodes.values()].filter(({ name }) => same(name, said))
  const begun = isPrefix ? [...nodes.values()].filter((node) => node.id.startsWith(id)) : []
  const meant = called.length > 0 && said !== '' ? called : begun
  if (meant.length === 1) return meant[0]!.id
  if (meant.length > 1) {
    const list = meant.slice(0, 4).map((node) => `${node.id.slice(0, 12)} (${node.name})`)
    throw new PorchlightError(
      'BAD_REQUEST',
      `“${said.slice(0, 64)}” may be several nodes: ${list.join(', ')}. Nothing was changed; give more of the id of the one you mean.`,
    )
  }
  throw new PorchlightError(
    'NOT_FOUND',
    `No node “${said.slice(0, 64)}” is known or in reach. Come near it first, or give its whole id (64 characters).`,
  )
}

function same(a: string, b: string): boolean {
  return a.normalize('NFC').toLowerCase() === b.normalize('NFC').toLowerCase()
}
