/** Prepares an Autobase-only chat that several devices wrote together; the first one's data is what counts. */
import { join } from 'node:path'
import { serve } from '../measure/serve.ts'
import { pause, until } from '../measure/timing.ts'
import { AutobaseChat } from './autobase-chat.ts'
import type { Conversation } from './conversation.ts'
import { turnsOf } from './conversation.ts'
import { dial, listen } from './loopback-noise.ts'

/** For the indexer to sign what it can before it is closed: several of its intervals. */
const ACKS_MS = 3_000

const calls = {
  /** Writes the conversation; `dir/0` holds all of it afterwards. Gives the chat's key. */
  async write(dir: string, conversation: Conversation): Promise<string> {
    const open = async (i: number, key: string | null): Promise<AutobaseChat> =>
      AutobaseChat.open(await AutobaseChat.openStore(join(dir, String(i))), key, `author${i}`)
    const first = await open(0, null)
    const key = first.base.key.toString('hex')
    const port = await listen((stream) => first.store.replicate(stream))
    const chats = [first]
    for (let i = 1; i < conversation.authors; i++) {
      const chat = await open(i, key)
      chat.store.replicate(await dial(port))
      await first.addWriter(chat.base.local.key.toString('hex'))
      await until('being a writer', async () => {
        await chat.base.update()
        return chat.base.writable
      })
      chats.push(chat)
    }
    for (const { author, from, to } of turnsOf(conversation)) {
      await chats[author]!.shows(from)
      await chats[author]!.write(from, to)
    }
    await first.shows(conversation.total)
    await first.base.ack()
    await pause(ACKS_MS)
    for (const chat of chats) await chat.close()
    return key
  },
}

export type AutobaseAuthorsCalls = typeof calls

serve(calls)
