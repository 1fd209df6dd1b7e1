/** Being found where other programs or firewalls are in the way of the announcements. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../compliance/until.ts'
import { Conversation } from './conversation.ts'
import type { LabHost } from './lab-host.ts'
import { LabNode } from './lab-node.ts'
import type { Status } from './lab-node.ts'
import type { LabProcess } from './lab-process.ts'
import type { Lab } from './scenario.ts'

const BEACON = 'udp dport 47470'
const MDNS = 'udp dport 5353'
const ALL_UDP = 'meta l4proto udp'
const SILENT_MS = 3_000

const AVAHI_CONFIG = `[server]
use-ipv4=yes
use-ipv6=no
enable-dbus=no
[wide-area]
enable-wide-area=no
`

interface Transports {
  readonly id: string
  readonly addresses: readonly string[]
}

export async function discoveryParts(lab: Lab): Promise<void> {
  const { steps } = lab
  await steps.part('Avahi runs already', () => besideAvahi(lab, 'before'))
  await steps.part('Avahi starts later', () => besideAvahi(lab, 'after'))
  await steps.part('a firewall drops mDNS', () => mdnsDropped(lab))
  await steps.part('a firewall drops all UDP', () => udpDropped(lab))
}

async function besideAvahi(lab: Lab, order: 'before' | 'after'): Promise<void> {
  const { steps } = lab
  const [e, f] = await pair(lab, `avahi-${order}`)
  // Without the beacon nothing but mDNS is left to be found by.
  await steps.step('both drop the beacon', async () => {
    for (const { host } of [e, f]) await host.drop(BEACON)
  })
  await steps.step('the one beside Avahi is found', async () => {
    const early = order === 'before' ? await startAvahi(lab, e.host) : null
    await e.start()
    const avahi = early ?? (await startAvahi(lab, e.host))
    await f.start()
    await Promise.all([e.linked(), f.linked()])
    if (!avahi.running) throw new Error(`Avahi ended: ${avahi.errors}`)
  })
  await stop(lab, e, f)
}

async function mdnsDropped(lab: Lab): Promise<void> {
  const { steps } = lab
  const [g, h] = await pair(lab, 'no-mdns')
  await steps.step('one that drops mDNS is found by the beacon', async () => {
    await g.host.drop(MDNS)
    await Promise.all([g.start(), h.start()])
    const [link] = await Promise.all([g.linked(), h.linked()])
    steps.figure('start to linked by the beacon alone', link.since - g.startedAt, 'ms')
  })
  await stop(lab, g, h)
}

async function udpDropped(lab: Lab): Promise<void> {
  const { steps } = lab
  const [i, j] = await pair(lab, 'no-udp')
  await steps.step('where all UDP is dropped, none is found', async () => {
    await i.host.drop(ALL_UDP)
    await Promise.all([i.start(), j.start()])
    const end = performance.now() + SILENT_MS
    while (performance.now() < end) {
      const { peers } = await j.ask<Status>('status')
      if (peers.length > 0) throw new Error('they linked: the firewall of this lab does not hold')
    }
  })
  await steps.step('the address, typed by hand, links them', async () => {
    const transports = await i.ask<Transports[]>('transport', 'list')
    const address = transports.find(({ id }) => id === 'lan')?.addresses[0]
    if (address === undefined) throw new Error('transport list gives no address to type')
    await j.ask('transport', 'add', address)
    await Promise.all([i.linked(), j.linked()])
  })
  await steps.step('and they talk', async () => {
    const talk = await Conversation.begin(i, 'Typed')
    await talk.join(j, 2)
    await talk.write(j, 'over TCP')
    await talk.sameTimeline(i, j)
  })
  await stop(lab, i, j)
}

/** Two nodes on a switch of their own, not started. */
async function pair({ steps, network, directory }: Lab, name: string): Promise<[LabNode, LabNode]> {
  return steps.step('two computers on a switch', async () => {
    const bridge = await network.bridge()
    const node = async (number: number): Promise<LabNode> =>
      new LabNode(await network.host(`${name}-${number}`, bridge, number), directory)
    return [await node(1), await node(2)]
  })
}

async function stop({ steps }: Lab, ...nodes: LabNode[]): Promise<void> {
  await steps.step('both end as they should', async () => {
    for (const node of nodes) await node.stop()
  })
}

/** Avahi with a /run of its own, so that it meets no other one's files. */
async function startAvahi({ directory }: Lab, host: LabHost): Promise<LabProcess> {
  const config = join(directory, 'avahi.conf')
  await writeFile(config, AVAHI_CONFIG)
  const command = `mount -t tmpfs lab /run && mkdir /run/avahi-daemon &&
    exec avahi-daemon -f ${config} --no-drop-root --no-chroot --no-rlimits`
  const avahi = host.start('unshare', ['--mount', 'sh', '-c', command])
  await until('Avahi to start', () => {
    if (!avahi.running) throw new Error(`Avahi ended: ${avahi.errors}`)
    return avahi.errors.includes('Server startup complete')
  })
  return avahi
}
