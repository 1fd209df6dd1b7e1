import type { Channel, Message } from 'protomux'
import { mirrorMessages } from './messages.ts'
import type { HeadsMessage, ItemsMessage, MirrorSenders, TagMessage } from './messages.ts'
import type { SharedMirror } from './shared-mirror.ts'
import type { WordBudget } from './word-budget.ts'

type Name = keyof typeof mirrorMessages
type Value<N extends Name> = Parameters<(typeof mirrorMessages)[N]['encode']>[1]
type Done = void | Promise<void>

/** Words about a mirror that both ends have: such about others are left out. */
type Tagged = 'open' | 'gone' | 'heads' | 'ask' | 'notes' | 'items' | 'kept' | 'forget' | 'over'

/** Words that it costs to make this device look at a whole mirror once more, or at what others may decide on. */
const DEAR: Readonly<Record<string, number>> = { ask: 16, notes: 4, items: 4, over: 4, parcels: 2 }

/** What is done about each message; all of it is bounded by its codec. */
export type LinkHandlers = {
  readonly [N in Exclude<Name, Tagged>]: (value: Value<N>) => Done
} & { readonly [N in Tagged]: (mirror: SharedMirror, value: Value<N>) => Done }

export interface LinkWordsOptions {
  readonly channel: Channel
  readonly budget: WordBudget
  readonly handlers: LinkHandlers
  /** The mirror that a tag names. */
  readonly tagged: (tag: Buffer) => SharedMirror | undefined
  /** False for what is not heard: the link is over, or the peer said too much, which ends it. */
  readonly hears: (within: () => boolean) => boolean
  /** Runs what may fail; that is logged. */
  readonly guarded: (run: () => Done) => Promise<void>
}

/** Declares the messages in their order. */
export function declareWords(options: LinkWordsOptions): MirrorSenders {
  const { channel, handlers, hears, guarded } = options
  const names = Object.keys(mirrorMessages) as Name[]
  const senders = names.map((name): [Name, Message<never>] => {
    const handle = handlers[name] as (...values: unknown[]) => Done
    const message = channel.addMessage<object>({
      encoding: mirrorMessages[name] as never,
      onmessage: (value) => {
        if (!hears(() => affords(options.budget, name, value))) return
        if (!isTagged(name)) return void guarded(() => handle(value))
        const mirror = options.tagged((value as TagMessage).tag)
        // Not handed back: what is said meanwhile would be held back until it is done.
        if (mirror) void guarded(() => handle(mirror, value))
      },
    })
    return [name, message as Message<never>]
  })
  return Object.fromEntries(senders) as unknown as MirrorSenders
}

function isTagged(name: Name): boolean {
  return ['open', 'gone', 'heads', 'ask', 'notes', 'items', 'kept', 'forget', 'over'].includes(name)
}

function affords(budget: WordBudget, name: Name, value: object): boolean {
  // What was asked for is counted by its bytes.
  if (name === 'blocks' || name === 'end') return true
  if (name === 'deposit' || name === 'forget') return budget.deposit()
  const { logs = [], list = [], gone = [] } = value as Partial<HeadsMessage & ItemsMessage>
  return budget.spend(logs.length + list.length + gone.length, DEAR[name])
}
