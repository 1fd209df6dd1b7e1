import { setTimeout as pause } from 'node:timers/promises'
import { PorchlightError } from '../../core/errors.ts'
import type { MessagePage, MessageView } from '../api/schemas.ts'
import { ApiClient } from './client.ts'
import { roomPath } from './paths.ts'
import type { ServerEvent } from './server-events.ts'
import { ShownMessages } from './shown-messages.ts'

const PAGE = 500
const MAX_PAUSE = 2_000

export interface FollowOptions {
  readonly dir: string
  /** A whole room id. */
  readonly room: string
  /** How many messages to begin with. */
  readonly limit: number
  readonly show: (message: MessageView) => Promise<void>
  /** Whether one that was shown is shown again when it was edited, deleted or reacted to. */
  readonly changes?: boolean
  /** After each bout of showing, with the last of it. */
  readonly shown?: (node: ApiClient, last: MessageView) => Promise<void>
  /** The room, or who is in it, changed. */
  readonly changed?: () => void
  /** Tells the person of a break. */
  readonly notice: (text: string) => void
  readonly signal: AbortSignal
}

/**
 * Shows a room's newest messages and every one that comes after, each once, until the signal aborts.
 * Outlives the node: it goes on where it was when the node is back. Errors: NOT_FOUND once the room
 * is gone.
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { dir, notice, signal } = options
  const shown = new ShownMessages()
  let lastId: number | undefined
  let broken = 0
  while (!signal.aborted) {
    try {
      const node = await ApiClient.connect(dir)
      for await (const event of node.events(lastId, signal)) {
        if (broken > 0) notice('The node is back.')
        broken = 0
        await take(options, node, shown, event, lastId === undefined)
        lastId = event.id
      }
    } catch (error) {
      if (signal.aborted) return
      if (!isBreak(error)) throw error
    }
    if (signal.aborted) return
    if (broken === 0) notice('The node does not answer: waiting for it to come back.')
    broken++
    await pause(Math.min(MAX_PAUSE, 100 * 2 ** Math.min(broken, 6)), undefined, { signal }).catch(
      () => {},
    )
  }
}

async function take(
  options: FollowOptions,
  node: ApiClient,
  shown: ShownMessages,
  event: ServerEvent,
  first: boolean,
): Promise<void> {
  const { room } = options
  switch (event.event) {
    case 'open':
      // The stream is open before the page is read: what comes between is in both, and shown once.
      return first ? begin(options, node, shown) : undefined
    case 'wiped':
    case 'files':
      return
    case 'reset':
      return catchUp(options, node, shown)
    case 'timeline': {
      if (event.data.roomId !== room) return
      const { messages, overflow } = event.data
      const again = options.changes === true ? messages.filter(({ id }) => shown.has(id)) : []
      for (const message of again) await options.show(message)
      if (overflow || messages.some((message) => shown.doubts(message))) {
        return catchUp(options, node, shown)
      }
      await showNew(options, node, shown, messages)
      if (shown.crowded) await forget(options, node, shown)
      return
    }
    case 'room':
      if (event.data.roomId === room) options.changed?.()
      return
    case 'delivery':
    case 'peers':
    case 'transports':
    case 'people':
    case 'pairing':
    case 'mirrors':
      return
  }
}

/** The first messages; the oldest of them is where this reader begins, if there are older ones. */
async function begin(options: FollowOptions, node: ApiClient, shown: ShownMessages): Promise<void> {
  const { limit } = options
  const { messages, more } = await pagesBack(options, node, (all) => all.length >= limit)
  const first = messages.slice(-limit)
  shown.beginAt(more || messages.length > limit ? first[0] : undefined)
  await showNew(options, node, shown, first)
}

/** Reads back to where this reader began, and shows what it has not shown. */
async function catchUp(
  options: FollowOptions,
  node: ApiClient,
  shown: ShownMessages,
): Promise<void> {
  const { messages } = await pagesBack(options, node, (all) => shown.reachesBeginning(all))
  await showNew(options, node, shown, shown.sinceBeginning(messages))
}

/** Moves the beginning up, so that a reader of weeks does not remember every id. */
async function forget(
  options: FollowOptions,
  node: ApiClient,
  shown: ShownMessages,
): Promise<void> {
  const { messages } = await pagesBack(options, node, (all) => all.length >= shown.remembered)
  await showNew(options, node, shown, messages)
  shown.rememberOnly(messages)
}

async function showNew(
  options: FollowOptions,
  node: ApiClient,
  shown: ShownMessages,
  messages: readonly MessageView[],
): Promise<void> {
  const fresh = messages.filter((message) => shown.add(message.id))
  for (const message of fresh) await options.show(message)
  const last = fresh.at(-1)
  if (last !== undefined) await options.shown?.(node, last)
}

/** Pages from the newest backwards until `enough`; oldest first. */
async function pagesBack(
  { room }: FollowOptions,
  node: ApiClient,
  enough: (messages: readonly MessageView[]) => boolean,
): Promise<MessagePage> {
  let messages: readonly MessageView[] = []
  for (;;) {
    const before = messages[0] === undefined ? '' : `&before=${encodeURIComponent(messages[0].id)}`
    const page = await node.get<MessagePage>(roomPath(room, `/messages?limit=${PAGE}${before}`))
    messages = [...page.messages, ...messages]
    const more = page.more && page.messages.length > 0
    if (!more || enough(messages)) return { messages, more }
  }
}

/** A node that stopped, restarts or is overloaded may come back; all else is an answer. */
function isBreak(error: unknown): boolean {
  if (!(error instanceof PorchlightError)) return true
  return ['NOT_RUNNING', 'UNAUTHORIZED', 'OVERLOADED', 'CLOSED', 'TIMED_OUT'].includes(error.code)
}
