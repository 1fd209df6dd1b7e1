import type { EngineApi } from '../../core/api.ts'
import type { Transport } from '../../core/transport.ts'
import { until } from './until.ts'

/** Makes an engine with a store of its own over each of the two transports, and starts these. */
export type MakeEngines = (host: Transport, guest: Transport) => Promise<EnginePair>

export interface EnginePair {
  readonly host: EngineApi
  readonly guest: EngineApi
  /** Closes both and removes what they stored. */
  close(): Promise<void>
}

export interface Outcome {
  readonly sameRoom: boolean
  /** The texts that each shows, in its order. */
  readonly hostShows: readonly string[]
  readonly guestShows: readonly string[]
}

/** One invites the other and both write 5 messages; gives what they show once both show 11. */
export async function converge(
  make: MakeEngines,
  hostTransport: Transport,
  guestTransport: Transport,
): Promise<Outcome> {
  const pair = await make(hostTransport, guestTransport)
  const { host, guest } = pair
  try {
    const room = await host.createRoom('Compliance')
    await host.send(room.id, 'written before the guest came')
    const joined = await guest.join(await host.invite(room.id))
    await until('the guest to be let in', () => guest.rooms()[0]?.state === 'joined')
    for (let i = 0; i < 5; i++) {
      await host.send(room.id, `host ${i}`)
      await guest.send(room.id, `guest ${i}`)
    }
    return await until('both to show every message', async () => {
      const hostShows = await texts(host, room.id)
      const guestShows = await texts(guest, room.id)
      const complete = hostShows.length === 11 && guestShows.length === 11
      return complete && { sameRoom: joined.id === room.id, hostShows, guestShows }
    })
  } finally {
    await pair.close()
  }
}

async function texts(engine: EngineApi, room: string): Promise<string[]> {
  const { messages } = await engine.messages(room, { limit: 100 })
  return messages.map(({ text }) => text)
}
