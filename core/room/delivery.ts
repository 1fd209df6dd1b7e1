import type { Delivery } from '../api.ts'

/**
 * Who is known to hold how much of this device's own logs: told by a device itself in a session, or declared
 * by it as a head of a record of its own. Nobody can speak for another, and what is held is never unheld.
 */
export class DeliveryBook {
  readonly name = 'delivery'
  /** Own log → device → length (hex ids). */
  readonly #held = new Map<string, Map<string, number>>()

  /** Adds a log of this device's own. */
  add(log: string): void {
    if (!this.#held.has(log)) this.#held.set(log, new Map())
  }

  /** Notes that `device` holds the first `length` records, of `written` that exist; true when that is news. */
  note(device: string, log: string, length: number, written: number): boolean {
    const held = this.#held.get(log)
    // A device that claims what was never written says nothing.
    if (!held || length > written || length <= (held.get(device) ?? 0)) return false
    held.set(device, length)
    return true
  }

  /** The delivery of an own record. */
  of(log: string, seq: number): Delivery {
    let devices = 0
    for (const length of this.#held.get(log)?.values() ?? []) if (length > seq) devices++
    return { state: devices > 0 ? 'delivered' : 'saved', devices }
  }

  save(): Buffer {
    const held = [...this.#held].map(([log, devices]) => [log, Object.fromEntries(devices)])
    return Buffer.from(JSON.stringify(Object.fromEntries(held)))
  }

  load(data: Buffer): void {
    const held = JSON.parse(data.toString()) as Record<string, Record<string, number>>
    for (const [log, devices] of Object.entries(held)) {
      this.#held.set(log, new Map(Object.entries(devices)))
    }
  }

  reset(): void {
    for (const devices of this.#held.values()) devices.clear()
  }
}
