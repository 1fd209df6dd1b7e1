/** Who carries a stick between whom. */
import type { CarryReport } from '../../core/mirror/api.ts'
import type { Conversation } from './conversation.ts'
import type { LabNode } from './lab-node.ts'
import type { Lab } from './scenario.ts'
import type { Stick } from './usb-stick.ts'

/** How much is written and how often the stick is pulled. */
export interface UsbScale {
  readonly messages: number
  readonly pulls: number
  readonly fileBytes: number
}

/** Two islands, a person on each, and the stick. */
export interface Sticks {
  readonly lab: Lab
  readonly scale: UsbScale
  readonly a: LabNode
  readonly b: LabNode
  readonly stick: Stick
  readonly talk: Conversation
}

/** Exchanges with a stick that is plugged in for it. */
export async function exchange(node: LabNode, stick: Stick): Promise<CarryReport> {
  const dir = await stick.plug(node)
  const report = await node.ask<CarryReport>('carry', dir)
  await stick.unplug()
  if (report.problems.length > 0) throw new Error(`${node.name}: ${report.problems.join('; ')}`)
  return report
}
