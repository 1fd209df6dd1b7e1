import { data, parent } from 'hypercore-crypto'
import type { TreeNode } from '../copy.ts'

/** No log is longer: two records a second would take eight years. */
export const MAX_LOG_LENGTH = 2 ** 29

/** Where in hypercore's flat tree the roots of a log of `length` blocks stand, from left to right. */
export function rootIndexes(length: number): number[] {
  const indexes: number[] = []
  let at = 0
  for (let leaves = 2 ** 29; leaves >= 1; leaves /= 2) {
    if ((length & leaves) === 0) continue
    indexes.push(2 * at + leaves - 1)
    at += leaves
  }
  return indexes
}

/** How many leaves the node with this index spans. */
export function leavesOf(index: number): number {
  return (index + 1) & -(index + 1)
}

/** The node of a block. */
export function leafNode(seq: number, block: Buffer): TreeNode {
  return { index: 2 * seq, size: block.byteLength, hash: data(block) }
}

/** The node over two siblings. */
export function parentNode(left: TreeNode, right: TreeNode): TreeNode {
  const index = left.index + leavesOf(left.index)
  return { index, size: left.size + right.size, hash: parent(left, right) }
}

/** The roots of a log that had `roots` at `from`, after these blocks; `onnode` is told of each node that is made. */
export function rootsAfter(
  from: number,
  roots: readonly TreeNode[],
  blocks: readonly Buffer[],
  onnode?: (node: TreeNode) => void,
): TreeNode[] {
  const out = [...roots]
  blocks.forEach((block, i) => {
    let node = leafNode(from + i, block)
    onnode?.(node)
    for (let left = out.at(-1); left && leavesOf(left.index) === leavesOf(node.index);) {
      out.pop()
      node = parentNode(left, node)
      onnode?.(node)
      left = out.at(-1)
    }
    out.push(node)
  })
  return out
}
