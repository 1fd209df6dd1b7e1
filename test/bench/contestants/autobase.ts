/** An Autobase-only chat as a participant: one device, linked by TCP over loopback. */
import type NoiseSecretStream from '@hyperswarm/secret-stream'
import { serve } from '../measure/serve.ts'
import { monotonic, until } from '../measure/timing.ts'
import { AutobaseChat } from './autobase-chat.ts'
import type { ReplicatingStore } from './autobase-types.ts'
import { dial, listen } from './loopback-noise.ts'

const AT_ONCE = 100

let chat: AutobaseChat
let store: ReplicatingStore
let stream: NoiseSecretStream | null = null
const watched = new Map<string, Promise<number>>()

const calls = {
  /** Opens a data directory; gives the keys of the chat and of this writer. */
  async open(
    dir: string,
    key: string | null,
    name: string,
  ): Promise<{ key: string; local: string }> {
    store = await AutobaseChat.openStore(dir)
    return openChat(key, name)
  },
  /** Serves whoever connects; gives the port. */
  listen: (): Promise<number> =>
    listen((incoming) => {
      stream = incoming
      store.replicate(incoming)
    }),
  async dial(port: number): Promise<void> {
    stream = await dial(port)
    store.replicate(stream)
  },
  /** Opens an empty data directory and connects, without the chat yet. */
  async prepare(dir: string, port: number): Promise<void> {
    store = await AutobaseChat.openStore(dir)
    stream = await dial(port)
  },
  /** After `prepare`: milliseconds from opening the chat to every message being in the view. */
  async join(key: string, total: number): Promise<number> {
    const from = monotonic()
    store.replicate(stream)
    await openChat(key, 'fresh')
    return (await chat.shows(total)) - from
  },
  addWriter: (key: string): Promise<void> => chat.addWriter(key),
  isWriter: (): Promise<void> =>
    until('being a writer', async () => {
      await chat.base.update()
      return chat.base.writable
    }),
  /** Gives when it was asked to send. */
  async send(key: string, n: number): Promise<number> {
    const from = monotonic()
    await chat.send(key, n)
    return from
  },
  /** From now on looks out for a message. */
  watch(key: string): void {
    watched.set(key, chat.seenAt(key))
  },
  async seenAt(key: string): Promise<number> {
    const at = await watched.get(key)!
    watched.delete(key)
    return at
  },
  /** Writes that many, the first being number `from`; gives the milliseconds it took. */
  async write(from: number, count: number): Promise<number> {
    const start = monotonic()
    for (let n = from; n < from + count; n += AT_ONCE) {
      await chat.write(n, Math.min(n + AT_ONCE, from + count))
    }
    return monotonic() - start
  },
  shows: (count: number): Promise<number> => chat.shows(count),
  order: (): Promise<{ hash: string; count: number }> => chat.order(),
  unlink(): void {
    stream?.destroy()
    stream = null
  },
  /** Connects again; gives when it began. */
  async relink(port: number): Promise<number> {
    const from = monotonic()
    stream = await dial(port)
    store.replicate(stream)
    return from
  },
}

export type AutobaseCalls = typeof calls

async function openChat(key: string | null, name: string): Promise<{ key: string; local: string }> {
  chat = await AutobaseChat.open(store, key, name)
  const { base } = chat
  return { key: base.key.toString('hex'), local: base.local.key.toString('hex') }
}

serve(calls)
