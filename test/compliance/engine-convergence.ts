import { expect } from '@jest/globals'
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

/** One invites the other; what both write shows on both, in the same order. */
export async function converge(
  make: MakeEngines,
  hostTransport: Transport,
  guestTransport: Transport,
): Promise<void> {
  const { host, guest, close } = await make(hostTransport, guestTransport)
  try {
    const room = await host.createRoom('Compliance')
    await host.send(room.id, 'written before the guest came')
    const joined = await guest.join(await host.invite(room.id))
    expect(joined.id).toBe(room.id)
    await until('the guest to be let in', () => guest.rooms()[0]?.state === 'joined')
    for (let i = 0; i < 5; i++) {
      await host.send(room.id, `host ${i}`)
      await guest.send(room.id, `guest ${i}`)
    }
    let timelines: [string[], string[]] = [[], []]
    await until('both to show every message', async () => {
      timelines = [await texts(host, room.id), await texts(guest, room.id)]
      return timelines.every((shown) => shown.length === 11)
    })
    expect(timelines[1]).toEqual(timelines[0])
    expect(new Set(timelines[0]).size).toBe(11)
  } finally {
    await close()
  }
}

async function texts(engine: EngineApi, room: string): Promise<string[]> {
  const { messages } = await engine.messages(room, { limit: 100 })
  return messages.map(({ text }) => text)
}
