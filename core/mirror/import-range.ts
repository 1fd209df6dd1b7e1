import type Hypercore from 'hypercore'
import merkle from 'hypercore/lib/merkle-tree.js'
import Verifier from 'hypercore/lib/verifier.js'
import type { LogRange, Span, Stored, TreeNode } from './copy.ts'
import { cutFront } from './range/cut.ts'
import { nodesOf, siblingsOf } from './range/siblings.ts'

/** Blocks that are put into holes together. */
const TOGETHER = 64
/** Another source may append to the same log meanwhile: it is looked at again so often. */
const TRIES = 8

/** Most pieces of one log that are spoken of. */
const MAX_SPANS = 64

/** Which blocks of a core are here, up to `length`. */
export function spansOf(core: Hypercore, length = core.length): Span[] {
  const spans: Span[] = []
  const { bitfield } = core.core
  for (let from = 0; from < length && spans.length < MAX_SPANS;) {
    const start = bitfield.findFirst(true, from)
    if (start < 0 || start >= length) break
    const end = bitfield.findFirst(false, start)
    const to = end < 0 ? length : Math.min(end, length)
    spans.push({ from: start, to })
    from = to
  }
  return spans
}

/** The roots of a core's log at a length; null where they are not known here. */
export async function rootsAt(core: Hypercore, length: number): Promise<TreeNode[] | null> {
  const roots = merkle.MerkleTree.getRootsFromStorage(core.core.state.storage, length)
  return roots.then(
    (nodes) => nodes.map(({ index, size, hash }) => ({ index, size, hash })),
    () => null,
  )
}

/**
 * Puts a range that was proved into the core of its log: what is new at its end, with its author's signature, and
 * what is missing in the middle, as far as the range and what the core knows of its tree prove it. Errors: those of
 * the store.
 */
export async function importRange(core: Hypercore, range: LogRange): Promise<Stored> {
  if (core.fork !== 0) return 'refused'
  if (!core.manifest) await core.core.setManifest(Verifier.decodeManifest(range.manifest))
  const to = range.from + range.blocks.length
  for (let tries = 0; tries < TRIES; tries++) {
    const { length } = core
    if (range.from > length) return 'gap'
    const holes = holesOf(core, range.from, Math.min(to, length))
    if (holes.length === 0 && to <= length) return tries === 0 ? 'known' : 'stored'
    const filled = await fillAll(core, range, holes)
    if (filled === 'refused') return 'refused'
    if (to > length && core.length === length) {
      const rest = cutFront(range, length)!
      try {
        await core.append([...rest.blocks], { signature: rest.signature })
      } catch (error) {
        // Another source was quicker: what it brought was verified, and this no longer fits.
        if (core.length !== length) continue
        // The range is its author's, so this log has another history.
        if ((error as { code?: unknown }).code === 'INVALID_SIGNATURE') return 'refused'
        throw error
      }
      if (filled === 'all') return 'stored'
    }
    if (filled === 'some') return 'gap'
  }
  return 'gap'
}

function holesOf(core: Hypercore, from: number, to: number): number[] {
  const holes: number[] = []
  const { bitfield } = core.core
  for (let seq = bitfield.findFirst(false, from); seq >= 0 && seq < to;) {
    holes.push(seq)
    seq = bitfield.findFirst(false, seq + 1)
  }
  return holes
}

async function fillAll(
  core: Hypercore,
  range: LogRange,
  holes: readonly number[],
): Promise<'all' | 'some' | 'refused'> {
  if (holes.length === 0) return 'all'
  const nodes = nodesOf(range)
  let all = true
  for (let at = 0; at < holes.length; at += TOGETHER) {
    const some = holes.slice(at, at + TOGETHER)
    const filled = await Promise.all(some.map((seq) => fill(core, range, nodes, seq)))
    if (filled.includes('refused')) return 'refused'
    all &&= filled.every((each) => each === 'filled')
  }
  return all ? 'all' : 'some'
}

async function fill(
  core: Hypercore,
  { from, blocks }: LogRange,
  nodes: ReadonlyMap<number, TreeNode>,
  seq: number,
): Promise<'filled' | 'unknown' | 'refused'> {
  const siblings = siblingsOf(seq, await core.missingNodes(seq), nodes)
  if (!siblings) return 'unknown'
  const block = { index: seq, value: blocks[seq - from]!, nodes: siblings }
  const rest = { hash: null, seek: null, upgrade: null, manifest: null }
  try {
    await core.core.verify({ fork: 0, block, ...rest })
  } catch (error) {
    if ((error as { code?: unknown }).code === 'INVALID_CHECKSUM') return 'refused'
    throw error
  }
  // As when a peer sent it: who reads the log goes on from here.
  const { byteLength } = block.value
  for (const session of core.core.monitors) session.emit('download', seq, byteLength, null, null)
  return 'filled'
}
