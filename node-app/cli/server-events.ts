import type { StreamEvents } from '../api/schemas.ts'

/** An event of the stream; `open` comes first, with the id to resume from. */
export type ServerEvent =
  | { readonly id: number; readonly event: 'open' }
  | {
      readonly [E in keyof StreamEvents]: {
        readonly id: number
        readonly event: E
        readonly data: StreamEvents[E]
      }
    }[keyof StreamEvents]

/** Reads server-sent events from chunks of text; ends where they end. */
export async function* readServerEvents(
  chunks: AsyncIterable<unknown>,
): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const blocks = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = parseBlock(block)
      if (event !== undefined) yield event
    }
  }
}

function parseBlock(block: string): ServerEvent | undefined {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2))
  }
  const id = Number(fields.get('id'))
  const event = fields.get('event')
  if (!fields.has('id')) return undefined
  if (event === undefined) return { id, event: 'open' }
  return { id, event, data: JSON.parse(fields.get('data') ?? '{}') as unknown } as ServerEvent
}
