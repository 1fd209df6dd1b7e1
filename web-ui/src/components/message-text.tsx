import { useMemo } from 'preact/hooks'
import type { Inline, Mention } from '../text/inline-markdown.ts'
import { markdown, type Block } from '../text/markdown.ts'

interface MessageTextProps {
  readonly text: string
  /** The names that may stand in it behind an @. */
  readonly mentions?: readonly Mention[]
}

/** A message as its author typed it, with the few marks of Markdown that it may use. */
export function MessageText({ text, mentions }: MessageTextProps) {
  const blocks = useMemo(() => markdown(text, mentions), [text, mentions])
  return (
    <div class="text" dir="auto">
      {blocks.map(block)}
    </div>
  )
}

function block(node: Block, key: number) {
  switch (node.kind) {
    case 'paragraph':
      return (
        <p key={key} dir="auto">
          {node.children.map(inline)}
        </p>
      )
    case 'code':
      return (
        <pre key={key} dir="auto">
          <code>{node.text}</code>
        </pre>
      )
    case 'quote':
      return <blockquote key={key}>{node.children.map(block)}</blockquote>
    case 'list': {
      const items = node.items.map((children, at) => (
        <li key={at} dir="auto">
          {children.map(inline)}
        </li>
      ))
      return node.start === null ? (
        <ul key={key}>{items}</ul>
      ) : (
        <ol key={key} start={node.start}>
          {items}
        </ol>
      )
    }
  }
}

function inline(node: Inline, key: number) {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'code':
      return <code key={key}>{node.text}</code>
    case 'link':
      return (
        <a key={key} href={node.href} target="_blank" rel="noopener noreferrer nofollow">
          {node.text}
        </a>
      )
    case 'mention':
      return (
        <mark key={key} class={`mention ${node.self ? 'self' : ''}`}>
          {node.text}
        </mark>
      )
    case 'strong':
      return <strong key={key}>{node.children.map(inline)}</strong>
    case 'em':
      return <em key={key}>{node.children.map(inline)}</em>
  }
}
