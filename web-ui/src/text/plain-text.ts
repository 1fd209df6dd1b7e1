import type { Inline } from './inline-markdown.ts'
import { markdown, type Block } from './markdown.ts'

/** A message in one line, without its marks. */
export function plainText(text: string): string {
  return markdown(text).map(blockText).join(' ').replace(/\s+/g, ' ')
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return inlineText(block.children)
    case 'quote':
      return block.children.map(blockText).join(' ')
    case 'list':
      return block.items.map(inlineText).join(', ')
    case 'code':
      return block.text
  }
}

function inlineText(nodes: readonly Inline[]): string {
  return nodes.map((node) => ('children' in node ? inlineText(node.children) : node.text)).join('')
}
