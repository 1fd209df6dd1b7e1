/** Islands, and computers that move between them. */
import type { Conversation } from './conversation.ts'
import type { LabNode } from './lab-node.ts'
import type { LabBridge } from './netns.ts'
import type { Lab } from './scenario.ts'

export type Three<T> = readonly [T, T, T]

/** Three networks that nothing joins. */
export interface Islands {
  readonly lab: Lab
  readonly bridges: Three<LabBridge>
  /** One person on each. */
  readonly people: Three<LabNode>
  readonly laptop: LabNode
  readonly talk: Conversation
}

/** The last byte of the address of whatever moves. */
export const LAPTOP = 9

/** Carries a computer to another island. */
export async function move({ network }: Lab, node: LabNode, bridge: LabBridge): Promise<void> {
  await leave(node)
  await network.plug(node.host, 'eth0', bridge, LAPTOP)
  await node.linked()
}

/** Takes a computer away from where it is. */
export async function leave(node: LabNode): Promise<void> {
  await node.host.removeNic()
  await node.alone()
}
