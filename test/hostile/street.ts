/** Two honest nodes that share a room, and doors at which a test's own peers knock. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AllowanceLimits } from '../../core/room/allowance.ts'
import { until } from '../compliance/until.ts'
import { befriend, expectCalm, link } from '../fault/nodes.ts'
import { endAll, NodeProcess } from '../fault/node-process.ts'

const MB = 1024 * 1024

export class Street {
  readonly dir: string
  /** The one that is attacked, and admin of the room. */
  readonly victim: NodeProcess
  readonly friend: NodeProcess
  readonly room: string
  #sent = 0

  private constructor(dir: string, victim: NodeProcess, friend: NodeProcess, room: string) {
    this.dir = dir
    this.victim = victim
    this.friend = friend
    this.room = room
  }

  /** `limits`: how much one log may hold here. */
  static async open(limits?: AllowanceLimits): Promise<Street> {
    const dir = await mkdtemp(join(tmpdir(), 'porchlight-hostile-'))
    const victim = await NodeProcess.open(join(dir, 'victim'), 'Victim', limits)
    const friend = await NodeProcess.open(join(dir, 'friend'), 'Friend', limits)
    const street = new Street(dir, victim, friend, await befriend(victim, friend))
    await street.expectPeace()
    return street
  }

  /** The port of a door of the victim; whoever comes in by it has this address. */
  door(address: string): Promise<number> {
    return this.victim.call<number>('door', address)
  }

  /** One more honest node, joined to the room. */
  async join(name: string): Promise<NodeProcess> {
    const node = await NodeProcess.open(join(this.dir, name), name)
    await link(this.victim, node)
    await node.ask('join', await this.victim.ask('invite', this.room))
    await until(`${name} to be let in`, async () => {
      return (await node.ask('rooms')).some(({ state }) => state === 'joined')
    })
    return node
  }

  /** The honest nodes talk as if nothing had happened. */
  async expectPeace(): Promise<void> {
    const texts = [`from the victim ${this.#sent}`, `from the friend ${this.#sent++}`]
    await this.victim.ask('send', this.room, texts[0]!)
    await this.friend.ask('send', this.room, texts[1]!)
    for (const node of [this.victim, this.friend]) {
      await until('both messages', async () => {
        const { messages } = await node.ask('messages', this.room)
        return texts.every((text) => messages.some((message) => message.text === text))
      })
    }
    expectCalm(this.victim, this.friend)
  }

  /** By how many megabytes the victim's memory grows while `attack` runs. */
  async growth(attack: () => Promise<void>): Promise<number> {
    const before = await this.victim.call<number>('memory')
    await attack()
    return ((await this.victim.call<number>('memory')) - before) / MB
  }

  async close(): Promise<void> {
    await endAll()
    await rm(this.dir, { recursive: true, force: true })
  }
}
