/** People who are never there together, and the nodes that hold their rooms meanwhile. */
import type { HeldView, MirrorView, NodeView } from '../../core/mirror/api.ts'
import { until } from '../compliance/until.ts'
import type { Conversation } from './conversation.ts'
import type { LabHost } from './lab-host.ts'
import type { LabNode, Message, Status } from './lab-node.ts'

/** For what takes several steps on a loaded machine. */
export const PATIENCE_MS = 120_000
const QUIET_MS = 3_000
/** Bytes that a computer sends meanwhile to be found. */
const BEACONS = 2_000

/** Waits until a node that offers space is seen, and asks it to hold the room, for all in it. */
export async function askToHold(member: LabNode, room: string, holder: LabNode): Promise<void> {
  await until(
    `${member.name} to see that ${holder.name} offers space`,
    async () => {
      const nodes = await member.get<NodeView[]>('/nodes')
      return nodes.some(({ name, transport }) => name === holder.name && transport !== null)
    },
    PATIENCE_MS,
  )
  await member.ask('mirror', 'add', room, holder.name)
}

/** Waits until a node said that it holds all that this member has of the room. */
export async function stored(member: LabNode, room: string, holder: LabNode): Promise<MirrorView> {
  return until(
    `${holder.name} to hold all that ${member.name} has`,
    async () => {
      const views = await member.get<MirrorView[]>(`/rooms/${room}/mirrors`)
      const view = views.find(({ name }) => name === holder.name)
      if (view?.state === 'refused') throw new Error(`refused: ${view.reason}`)
      return view?.state === 'stored' && view.behind === 0 ? view : undefined
    },
    PATIENCE_MS,
  )
}

/** Waits until a node holds so many rooms for others. */
export async function holds(holder: LabNode, mirrors: number): Promise<HeldView> {
  return until(
    `${holder.name} to hold ${mirrors} rooms`,
    async () => {
      const held = await holder.get<HeldView>('/held')
      return held.mirrors === mirrors ? held : undefined
    },
    PATIENCE_MS,
  )
}

/** Waits until all that was said to a member is shown as that far. */
export async function delivered(
  author: LabNode,
  talk: Conversation,
  texts: readonly string[],
  state: string,
): Promise<void> {
  let seen = ''
  await until(
    `${author.name} to show ${texts.length} messages as ${state}`,
    async () => {
      const states = (await timeline(author, talk.room))
        .filter(({ text }) => texts.includes(text))
        .map(({ delivery }) => delivery.state)
      seen = states.join()
      return states.length === texts.length && states.every((each) => each === state)
    },
    PATIENCE_MS,
  ).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}; they are ${seen}`)
  })
}

/** The same as `Conversation.timeline`, cheaper. */
export async function timeline(reader: LabNode, room: string): Promise<readonly Message[]> {
  const path = `/rooms/${room}/messages?limit=500`
  return (await reader.get<{ messages: Message[] }>(path)).messages
}

/** Waits until next to nothing leaves a computer by a cable for a while: what it had to give is given. */
export async function quiet(host: LabHost, nic = 'eth0'): Promise<void> {
  let [last, since] = [await host.sent(nic), Date.now()]
  await until(`the cable of ${host.name} to be quiet`, async () => {
    const sent = await host.sent(nic)
    if (sent - last > BEACONS) [last, since] = [sent, Date.now()]
    return Date.now() - since > QUIET_MS
  })
}

/** Throws when a node has another peer than these. */
export async function onlyMeets(node: LabNode, others: readonly LabNode[]): Promise<void> {
  const known = await Promise.all(others.map((other) => other.get<Status>('/status')))
  const { peers } = await node.get<Status>('/status')
  const strange = peers.find(({ id }) => !known.some(({ device }) => device === id))
  if (strange) throw new Error(`${node.name} met ${strange.id} by ${strange.transport}`)
}

/**
 * Milliseconds from the link with the one node in reach to each of these messages being shown; `come` is what
 * brings the reader there.
 */
export async function linkToShown(
  reader: LabNode,
  room: string,
  texts: readonly string[],
  come: () => Promise<void>,
): Promise<number> {
  const before = Date.now()
  const follower = reader.follow(room)
  try {
    await come()
    const shown = await Promise.all(texts.map((text) => follower.shown(text)))
    const { peers } = await reader.get<Status>('/status')
    const since = peers.map((peer) => peer.since).filter((at) => at >= before)
    if (since.length === 0) throw new Error(`${reader.name} has no new link`)
    return Math.max(...shown) - Math.min(...since)
  } finally {
    await follower.stop()
  }
}
