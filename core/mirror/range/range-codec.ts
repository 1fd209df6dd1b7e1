import { bounded, bytes, fixed, list, struct, view } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { MAX_MANIFEST } from '../copy.ts'
import type { LogRange, TreeNode } from '../copy.ts'
import { MAX_LOG_LENGTH, rootIndexes } from './frontier.ts'
import {
  MAX_ROOTS,
  MAX_ROOT_SIZE,
  MAX_SIGNATURE,
  MAX_WHOLE_BYTES,
  MAX_WHOLE_LENGTH,
} from './prove.ts'

/** A range but for its blocks. */
export interface RangeHead extends Omit<LogRange, 'blocks'> {
  /** How many blocks it has. */
  readonly count: number
}

interface Written {
  key: Buffer
  manifest: Buffer
  from: number
  count: number
  roots: { size: number; hash: Buffer }[]
  signature: Buffer
}

const written: Codec<Written> = struct<Written>({
  key: fixed(32),
  manifest: bytes(MAX_MANIFEST),
  from: bounded(MAX_LOG_LENGTH),
  count: bounded(MAX_WHOLE_LENGTH),
  // Where they stand follows from the length.
  roots: list(struct({ size: bounded(MAX_ROOT_SIZE), hash: fixed(32) }), MAX_ROOTS),
  signature: bytes(MAX_SIGNATURE),
})

/** The head of a range; roots that can not be those of its beginning are refused. */
export const rangeHead: Codec<RangeHead> = {
  preencode: (s, v) => written.preencode(s, plain(v)),
  encode: (s, v) => written.encode(s, plain(v)),
  decode(s) {
    const { roots, ...head } = written.decode(s)
    return { ...head, roots: placed(head.from, roots) }
  },
}

/** A range's blocks, as views of what they are read from. */
export const rangeBlocks: Codec<Buffer[]> = list(view(MAX_WHOLE_BYTES), MAX_WHOLE_LENGTH)

/** Roots as they are written: by their size and hash. */
export function placed(from: number, roots: readonly Omit<TreeNode, 'index'>[]): TreeNode[] {
  const indexes = rootIndexes(from)
  if (indexes.length !== roots.length) throw new RangeError('roots of another length')
  return roots.map((root, i) => ({ ...root, index: indexes[i]! }))
}

function plain({ roots, ...head }: RangeHead): Written {
  return { ...head, roots: roots.map(({ size, hash }) => ({ size, hash })) }
}
