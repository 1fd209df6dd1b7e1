/** Several Autobase-only chats in one process as a participant, as one program would hold them. */
import { join } from 'node:path'
import { serve } from '../measure/serve.ts'
import { AutobaseChat } from './autobase-chat.ts'

const calls = {
  /** Opens that many new chats, a message in each; gives the process id. */
  async open(dir: string, count: number): Promise<number> {
    for (let i = 0; i < count; i++) {
      const store = await AutobaseChat.openStore(join(dir, `chat${i}`))
      const chat = await AutobaseChat.open(store, null, `chat${i}`)
      await chat.write(0, 1)
    }
    return process.pid
  },
}

export type IdleAutobaseCalls = typeof calls

serve(calls)
