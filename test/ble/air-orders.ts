import type { Air, AirCounts } from './air.ts'
import type { AdapterKnobs, LinkKnobs } from './knobs.ts'

/** What a lab says to the air; each order has one of these keys. */
export type AirOrder =
  | { readonly listen: string; readonly name?: string }
  | { readonly unplug: string }
  | { readonly shape: Partial<LinkKnobs>; readonly between?: readonly [string, string] }
  | { readonly equip: Partial<AdapterKnobs>; readonly name?: string }
  | { readonly reach: readonly [string, string]; readonly heard: boolean }
  | { readonly stall: number; readonly between?: readonly [string, string] }
  | { readonly power: string; readonly on: boolean }
  | { readonly counts: true }

export type AirAnswer =
  | { readonly ok: true; readonly counts?: AirCounts }
  | { readonly ok: false; readonly error: string }

/** Carries out one line. */
export async function obey(air: Air, line: string): Promise<AirAnswer> {
  try {
    const order = JSON.parse(line) as AirOrder | null
    if (typeof order !== 'object' || order === null) throw new Error('Not an order of the air.')
    return await carryOut(air, order)
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) }
  }
}

async function carryOut(air: Air, order: AirOrder): Promise<AirAnswer> {
  if ('listen' in order) await air.listen(order.listen, order.name)
  else if ('unplug' in order) await air.unplug(order.unplug)
  else if ('shape' in order) air.shape(finite(order.shape), ...(order.between ?? []))
  else if ('equip' in order) air.equip(order.equip, order.name)
  else if ('reach' in order) air.reach(...order.reach, order.heard)
  else if ('stall' in order) air.stall(order.stall, ...(order.between ?? []))
  else if ('power' in order) air.power(order.power, order.on)
  else if ('counts' in order) return { ok: true, counts: { ...air.counts } }
  else return { ok: false, error: 'Not an order of the air.' }
  return { ok: true }
}

/** JSON has no Infinity: a rate of null is no limit. */
function finite(knobs: Partial<LinkKnobs>): Partial<LinkKnobs> {
  return (knobs.rate as number | null) === null ? { ...knobs, rate: Infinity } : knobs
}
