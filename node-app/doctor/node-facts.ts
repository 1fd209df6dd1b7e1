import type { EngineApi, RoomView } from '../../core/api.ts'
import type { FileFacts, NodeFacts } from './check.ts'

const ROOMS = 32

/** What a running engine knows that helps to find faults. */
export async function nodeFacts(engine: EngineApi, url: string): Promise<NodeFacts> {
  const rooms = engine.rooms().slice(0, ROOMS)
  const others = await Promise.all(
    rooms.map(async (room) => {
      // A room that can not be read is no reason to find nothing else.
      const page = await engine.messages(room.id, { limit: 10 }).catch(() => undefined)
      return page?.messages.filter((message) => !message.own).at(-1)
    }),
  )
  return {
    url,
    files: await fileFacts(engine, rooms),
    transports: engine.transports(),
    othersSentAt: others.flatMap((message) => (message === undefined ? [] : [message.sentAt])),
  }
}

async function fileFacts({ files }: EngineApi, rooms: readonly RoomView[]): Promise<FileFacts> {
  const lists = await Promise.all(rooms.map(({ id }) => files.list(id).catch(() => [])))
  const reasons = lists.flat().flatMap(({ reason }) => (reason === undefined ? [] : [reason]))
  return { ...(await files.storage()), reasons }
}
