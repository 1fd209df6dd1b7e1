/** Islands that a laptop joins by moving between them, a stranger's laptop, a stranger's laptop, and an uplink that comes back. */
import { until } from '../compliance/until.ts'
import { onlyMeets } from './away-errand.ts'
import { LAPTOP, leave, move } from './carry-errand.ts'
import type { Islands, Three } from './carry-errand.ts'
import { stranger } from './carry-stranger.ts'
import { uplink } from './carry-uplink.ts'
import { Conversation } from './conversation.ts'
import { INTERNET_PACKAGES } from './internet.ts'
import { LabNode } from './lab-node.ts'
import type { LabBridge } from './netns.ts'
import type { Lab, Scenario } from './scenario.ts'

/** How much is written. */
export interface CarryScale {
  readonly rounds: number
  /** Messages on each side while the uplink is down. */
  readonly hour: number
}

/** The scenario in this size. */
export function carryScenario(scale: CarryScale): Scenario {
  return {
    name: 'carry',
    says: 'three islands that a moving laptop joins, a member’s or a stranger’s; an hour without an uplink',
    packages: INTERNET_PACKAGES,
    async run(lab) {
      const { steps } = lab
      await steps.part('three islands', async () => {
        const islands = await meet(lab)
        await steps.part('a member’s laptop between them', () => rounds(islands, scale.rounds))
        await steps.part('a stranger’s laptop between them', () => stranger(islands))
        await steps.step('every node of the islands ends as it should', async () => {
          for (const node of islands.people) await node.stop()
        })
      })
      await steps.part('an hour without an uplink', () => uplink(lab, scale.hour))
    },
  }
}

export const carry = carryScenario({ rounds: 3, hour: 200 })

async function meet(lab: Lab): Promise<Islands> {
  const { steps, network, directory } = lab
  const made = await steps.step('three networks that nothing joins, a person on each', async () => {
    const bridges: LabBridge[] = []
    const people: LabNode[] = []
    for (const name of ['north', 'middle', 'south']) {
      const bridge = await network.bridge()
      bridges.push(bridge)
      people.push(new LabNode(await network.host(name, bridge, 2), directory))
    }
    const laptop = new LabNode(await network.host('laptop', bridges[0]!, LAPTOP), directory)
    await Promise.all([...people, laptop].map((node) => node.start()))
    return {
      bridges: bridges as unknown as Three<LabBridge>,
      people: people as unknown as Three<LabNode>,
      laptop,
    }
  })
  const { bridges, people, laptop } = made
  const talk = await steps.step('the laptop brings the room along, and people in', async () => {
    const room = await Conversation.begin(people[0], 'Canary Islands')
    await room.join(laptop, 2)
    for (const [i, guest] of people.slice(1).entries()) {
      await move(lab, laptop, bridges[i + 1]!)
      await room.join(guest, i + 3)
    }
    return room
  })
  return { lab, ...made, talk }
}

async function rounds(
  { lab, bridges, people, laptop, talk }: Islands,
  count: number,
): Promise<void> {
  const { steps } = lab
  await steps.step(`all write, and the laptop goes round, ${count} times`, async () => {
    for (let round = 0; round < count; round++) {
      for (const [i, person] of people.entries()) {
        await talk.pour(person, `canary ${i} in round ${round}`, 5)
      }
      // Up and down again: the first island gets last what the third said.
      for (const i of [2, 1, 0, 1, 2]) {
        await move(lab, laptop, bridges[i]!)
        await onlyMeets(laptop, [people[i]!])
        await until('both to have the same', async () => {
          const [here, there] = await Promise.all(
            [laptop, people[i]!].map((node) => talk.timeline(node)),
          )
          return here!.length === there!.length
        })
      }
    }
    await talk.sameTimeline(laptop, ...people)
  })
  await steps.step('the laptop is put away', async () => {
    await leave(laptop)
    await laptop.stop()
  })
}
