import type { LogRange, TreeNode } from '../copy.ts'
import { leavesOf, rootsAfter } from './frontier.ts'

/** All nodes of a log's tree that follow from a range, by index. */
export function nodesOf({ from, roots, blocks }: LogRange): ReadonlyMap<number, TreeNode> {
  const nodes = new Map(roots.map((root) => [root.index, root]))
  rootsAfter(from, roots, blocks, (node) => nodes.set(node.index, node))
  return nodes
}

/** The sibling of the block `seq` and those of the `count - 1` nodes above it; null where one does not follow from the range. */
export function siblingsOf(
  seq: number,
  count: number,
  nodes: ReadonlyMap<number, TreeNode>,
): TreeNode[] | null {
  const siblings: TreeNode[] = []
  let index = 2 * seq
  for (let i = 0; i < count; i++) {
    const leaves = leavesOf(index)
    const isLeft = ((index - leaves + 1) / 2 / leaves) % 2 === 0
    const sibling = nodes.get(isLeft ? index + 2 * leaves : index - 2 * leaves)
    if (!sibling) return null
    siblings.push(sibling)
    index += isLeft ? leaves : -leaves
  }
  return siblings
}
