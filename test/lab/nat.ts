/** Homes behind routers: who reaches whom directly, who through a relay, and how soon after an outage. */
import { median } from '../bench/measure/statistics.ts'
import { Conversation } from './conversation.ts'
import { DhtDevice, connected } from './dht-device.ts'
import { INTERNET_PACKAGES, Internet } from './internet.ts'
import type { Home } from './internet.ts'
import { LabNode } from './lab-node.ts'
import type { Lab, Scenario } from './scenario.ts'

/** How often each thing is tried. */
export interface NatScale {
  readonly meetings: number
  readonly outages: number
  /** Whether the random punch without a relay is waited for: it is a matter of luck, and of some tens of seconds. */
  readonly luck: boolean
}

interface Town {
  readonly lab: Lab
  readonly scale: NatScale
  readonly internet: Internet
  /** Two homes whose routers keep ports, and two whose routers give others. */
  readonly plain: readonly [Home, Home]
  readonly random: readonly [Home, Home]
  readonly relay: string
}

/** The scenario in this size. */
export function natScenario(scale: NatScale): Scenario {
  return {
    name: 'nat',
    says: 'homes behind routers: direct ways punched, relays where none can be, uplinks cut and mended, a laptop that moves',
    packages: INTERNET_PACKAGES,
    async run(lab) {
      const { steps } = lab
      await steps.part('an internet', async () => {
        const town = await build(lab, scale)
        await steps.part('both routers keep ports', () => preserving(town))
        await steps.part('one router gives others', () => oneRandom(town))
        await steps.part('both routers give others', () => bothRandom(town))
        await steps.part('an uplink that goes and comes', () => outages(town))
        await steps.part('a laptop that moves', () => moving(town))
        await steps.part('nodes with a room', () => nodes(town))
      })
    },
  }
}

export const nat = natScenario({ meetings: 10, outages: 10, luck: true })

async function build(lab: Lab, scale: NatScale): Promise<Town> {
  const { steps, network } = lab
  const internet = await steps.step('an internet with a DHT of ten nodes', () =>
    Internet.make(network),
  )
  const homes = await steps.step('four homes behind routers', async () => {
    const made: Home[] = []
    for (const [name, kind] of [
      ['plain1', 'preserving'],
      ['plain2', 'preserving'],
      ['random1', 'random'],
      ['random2', 'random'],
    ] as const) {
      made.push(await internet.home(name, kind))
    }
    return made as [Home, Home, Home, Home]
  })
  const relay = await steps.step('a node in reach of all that relays', async () => {
    const device = new DhtDevice(await internet.host('relay', 5), internet, { offersRelay: true })
    await device.state('on')
    return device.relayKey()
  })
  const [plain1, plain2, random1, random2] = homes
  return { lab, scale, internet, relay, plain: [plain1, plain2], random: [random1, random2] }
}

async function preserving({ lab, scale, internet, plain }: Town): Promise<void> {
  const { steps } = lab
  await steps.step(`two devices meet directly, ${scale.meetings} times`, async () => {
    const times = await meetings(internet, plain, { topic: 'plain', count: scale.meetings })
    expectDirect(times.addresses, plain[1])
    steps.figure('port-preserving on both sides, start to linked', median(times.ms), 'ms')
  })
}

async function oneRandom({ lab, scale, internet, plain, random, relay }: Town): Promise<void> {
  const { steps } = lab
  const homes = [plain[0], random[0]] as const
  await steps.step('with a relay they are linked at once, and the relay is left', async () => {
    const from = Date.now()
    const options = { topic: 'mixed', relays: [relay] }
    const b = new DhtDevice(await homes[1].host('mixed-b', 7), internet, options)
    await b.state('on')
    const began = Date.now()
    const a = new DhtDevice(await homes[0].host('mixed-a', 7), internet, options)
    const { at } = await connected(a, b, from)
    steps.figure('random on one side, start to linked', at - began, 'ms')
    if (!scale.luck) return void (await Promise.all([a.stop(), b.stop()]))
    const direct = await a.next('way', began, ({ address }) => address === homes[1].address)
    steps.figure('random on one side, start to linked directly', direct.at - began, 'ms')
    await Promise.all([a.stop(), b.stop()])
  })
  if (!scale.luck) return
  await steps.step('without a relay they find a direct way', async () => {
    const b = new DhtDevice(await homes[1].host('luck-b', 8), internet, { topic: 'luck' })
    await b.state('on')
    const from = Date.now()
    const a = new DhtDevice(await homes[0].host('luck-a', 8), internet, { topic: 'luck' })
    const { at, address } = await connected(a, b, from)
    expectDirect([address], homes[1])
    steps.figure('random on one side without a relay, start to linked', at - from, 'ms')
    await Promise.all([a.stop(), b.stop()])
  })
}

async function bothRandom({ lab, scale, internet, random, relay }: Town): Promise<void> {
  const { steps } = lab
  await steps.step(`two devices meet through the relay, ${scale.meetings} times`, async () => {
    const options = { topic: 'random', relays: [relay], count: scale.meetings }
    const times = await meetings(internet, random, options)
    if (times.addresses.some((address) => address !== '203.0.113.5')) {
      throw new Error(`a link came from ${times.addresses.join(', ')}`)
    }
    steps.figure('random on both sides, start to linked through a relay', median(times.ms), 'ms')
  })
}

async function outages({ lab, scale, internet, plain }: Town): Promise<void> {
  const { steps } = lab
  const [home, other] = plain
  const b = new DhtDevice(await other.host('stays', 9), internet, { topic: 'outage' })
  const a = new DhtDevice(await home.host('cut', 9), internet, { topic: 'outage' })
  await steps.step('two devices are linked', async () => {
    await connected(a, b, 0)
  })
  await steps.step(`cut and mended ${scale.outages} times, they are linked again`, async () => {
    const noticed: number[] = []
    const back: number[] = []
    for (let i = 0; i < scale.outages; i++) {
      const cut = Date.now()
      await home.cutUplink()
      noticed.push((await a.state('unavailable', cut)) - cut)
      const mended = Date.now()
      await home.mendUplink()
      back.push((await connected(a, b, mended)).at - mended)
    }
    steps.figure('uplink cut to said so', median(noticed), 'ms')
    steps.figure('uplink back to linked, median', median(back), 'ms')
    steps.figure('uplink back to linked, slowest', Math.max(...back), 'ms')
  })
  await steps.step('started without an uplink, it joins when there is one', async () => {
    await home.cutUplink()
    const from = Date.now()
    const late = new DhtDevice(await home.host('late', 10), internet, { topic: 'outage' })
    await late.state('unavailable', from)
    const mended = Date.now()
    await home.mendUplink()
    await late.next('hello', mended)
    await Promise.all([a, b, late].map((device) => device.stop()))
  })
}

async function moving({ lab, internet, plain, random }: Town): Promise<void> {
  const { steps } = lab
  const other = new DhtDevice(await internet.host('waits', 11), internet, { topic: 'moving' })
  const host = await plain[0].host('laptop', 11)
  const laptop = new DhtDevice(host, internet, { topic: 'moving' })
  await steps.step('a laptop leaves one home, and links from the next', async () => {
    await connected(laptop, other, 0)
    await host.removeNic()
    const moved = Date.now()
    await random[0].plug(host, 'eth1', 11)
    await connected(laptop, other, moved)
    await host.removeNic('eth1')
    const back = Date.now()
    await plain[0].plug(host, 'eth0', 11)
    const { at } = await connected(laptop, other, back)
    steps.figure('plugged in at another home to linked', at - back, 'ms')
    await Promise.all([laptop.stop(), other.stop()])
  })
}

async function nodes({ lab, internet, plain }: Town): Promise<void> {
  const { steps, directory } = lab
  const [home, other] = plain
  const a = new LabNode(await home.host('a', 12), directory, internet)
  const b = new LabNode(await other.host('b', 12), directory, internet)
  const talk = await steps.step('a makes a room, and b joins from another home', async () => {
    await Promise.all([a.start(), b.start()])
    const room = await Conversation.begin(a, 'Across town')
    await room.join(b, 2)
    await b.linked('dht')
    return room
  })
  await steps.step(
    'both write while the uplink of a is down, and merge when it is back',
    async () => {
      await home.cutUplink()
      await Promise.all([talk.writeMany(a, 'a alone', 3), talk.writeMany(b, 'b alone', 3)])
      await Promise.all([a.alone(), b.alone()])
      await home.mendUplink()
      const from = performance.now()
      await talk.sameTimeline(a, b)
      steps.figure('uplink back to both timelines the same', performance.now() - from, 'ms')
    },
  )
  await steps.step('every node ends as it should', async () => {
    for (const node of [a, b]) await node.stop()
  })
}

/** Has a device at the second home wait, and one at the first come anew each time. */
export async function meetings(
  internet: Internet,
  [home, other]: readonly [Home, Home],
  {
    topic,
    relays = [],
    count,
    plain = false,
  }: { topic: string; relays?: readonly string[]; count: number; plain?: boolean },
): Promise<{ ms: number[]; addresses: string[] }> {
  const options = { topic, relays, plain }
  const b = new DhtDevice(await other.host(`${topic}-b`, 6), internet, options)
  await b.state('on')
  const a = new DhtDevice(await home.host(`${topic}-a`, 6), internet, options)
  const found = { ms: [] as number[], addresses: [] as string[] }
  let from = 0
  for (let i = 0; i < count; i++) {
    const began = (await a.next('status', from, ({ state }) => state === 'starting')).at
    const { at, address } = await connected(a, b, began)
    found.ms.push(at - began)
    found.addresses.push(address)
    from = at + 1
    if (i + 1 < count) a.restart()
  }
  await Promise.all([a.stop(), b.stop()])
  return found
}

/** Throws when a link was not with the router of that home itself. */
function expectDirect(addresses: readonly string[], home: Home): void {
  const wrong = addresses.find((address) => address !== home.address)
  if (wrong !== undefined) throw new Error(`a link came from ${wrong}, not ${home.address}`)
}
