import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { systemRandom } from '../../core/random.ts'
import { Air } from './air.ts'
import { Stack } from './stack.ts'
import type { Family } from './stack.ts'

/** An air in real time with named adapters, and processes that use them; all end with `close`. */
export class StackWorld {
  readonly air = new Air({ clock: systemClock, random: systemRandom })
  readonly #stacks: Stack[] = []
  #folder = ''

  static async with(...names: string[]): Promise<StackWorld> {
    const world = new StackWorld()
    world.#folder = await mkdtemp(join(tmpdir(), 'porchlight-air-'))
    for (const name of names) await world.air.listen(world.socket(name), name)
    return world
  }

  socket(name: string): string {
    return join(this.#folder, name)
  }

  stack(family: Family, name: string): Stack {
    const stack = new Stack(family, { socket: this.socket(name) })
    this.#stacks.push(stack)
    return stack
  }

  async close(): Promise<void> {
    await Promise.all(this.#stacks.map((stack) => stack.close()))
    await this.air.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
