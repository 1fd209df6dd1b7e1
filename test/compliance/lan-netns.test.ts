import { afterEach, expect } from '@jest/globals'
import { join } from 'node:path'
import { LabNetwork } from '../lab/netns.ts'
import type { LabBridge } from '../lab/netns.ts'
import type { LabHost } from '../lab/lab-host.ts'
import type { LabProcess } from '../lab/lab-process.ts'
import { labTest } from '../setup/lab-test.ts'
import { until } from './until.ts'

const CHILD = join(process.cwd(), 'dist/test/compliance/lan-child.js')
const NEEDS = { namespaces: true, packages: ['iproute2', 'nftables'] }

let network: LabNetwork | undefined
afterEach(async () => {
  await network?.remove()
  network = undefined
})

interface Told {
  readonly event: string
  readonly address?: string
  readonly addresses?: readonly string[]
  readonly state?: string
}

/** In a function, as the linter knows no tests but jest's own. */
function expectSame(actual: unknown, wanted: unknown): void {
  expect(actual).toEqual(wanted)
}

function told(child: LabProcess, event: string): Told[] {
  return child.lines.map((line) => JSON.parse(line) as Told).filter((told) => told.event === event)
}

/** Links that are open at a device, by the other's address. */
function openTo(child: LabProcess): string[] {
  const open: string[] = []
  for (const line of child.lines) {
    const { event, address = '' } = JSON.parse(line) as Told
    if (event === 'link') open.push(address)
    if (event === 'close') open.splice(open.indexOf(address), 1)
  }
  return open
}

async function lanOf(
  count: number,
): Promise<{ bridge: LabBridge; hosts: LabHost[]; net: LabNetwork }> {
  const net = new LabNetwork()
  network = net
  const bridge = await net.bridge()
  const hosts: LabHost[] = []
  for (let i = 1; i <= count; i++) hosts.push(await net.host(`lan${i}`, bridge, i))
  return { bridge, hosts, net }
}

function device(host: LabHost, options: Readonly<Record<string, unknown>> = {}): LabProcess {
  return host.start(process.execPath, [CHILD, JSON.stringify({ topic: 'one', ...options })])
}

async function linked(a: LabProcess, b: LabProcess): Promise<void> {
  await until('a link between both', () => {
    for (const child of [a, b]) if (!child.running) throw new Error(child.errors)
    return openTo(a).length > 0 && openTo(b).length > 0
  })
}

await labTest(
  'a network without a default route: all find each other, by each way alone',
  NEEDS,
  async () => {
    const { hosts } = await lanOf(4)
    for (const ways of [{}, { mdns: false }, { beacon: false }]) {
      const children = hosts.map((host) => device(host, ways))
      await until('six links', () => children.every((child) => new Set(openTo(child)).size === 3))
      const endings = await Promise.all(children.map((child) => child.stop()))
      // Nothing that a stopped transport leaves behind keeps its process alive.
      expectSame(
        endings.map(({ code }) => code),
        [0, 0, 0, 0],
      )
    }
  },
)

await labTest('mDNS blocked, then all multicast: the beacon finds', NEEDS, async () => {
  const { hosts } = await lanOf(2)
  const [first, second] = hosts as [LabHost, LabHost]
  for (const rule of [
    'udp dport 5353',
    'ip daddr 224.0.0.0/4',
    'ip6 daddr ff00::/8 udp dport 1-65535',
  ]) {
    await Promise.all([first.drop(rule), second.drop(rule)])
    const [a, b] = [device(first), device(second)]
    await linked(a, b)
    await Promise.all([a.stop(), b.stop()])
  }
})

await labTest('without IPv4 they link over IPv6 link-local addresses', NEEDS, async () => {
  const { hosts } = await lanOf(2)
  const [first, second] = hosts as [LabHost, LabHost]
  for (const host of [first, second]) await host.run('ip', '-4', 'addr', 'flush', 'dev', 'eth0')
  const [a, b] = [device(first), device(second)]
  await linked(a, b)
  expectSame(/^fe80:.*%eth0$/.test(openTo(a)[0] ?? ''), true)
})

await labTest('without IPv6 they link as well', NEEDS, async () => {
  const { hosts } = await lanOf(2)
  const [first, second] = hosts as [LabHost, LabHost]
  for (const host of [first, second]) {
    await host.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6')
  }
  const [a, b] = [device(first), device(second)]
  await linked(a, b)
  // Both may have dialled.
  expectSame([...new Set(openTo(a))], ['10.77.0.2'])
})

await labTest(
  'an interface removed and made again with the same address links again',
  NEEDS,
  async () => {
    const { hosts, bridge, net } = await lanOf(2)
    const [first, second] = hosts as [LabHost, LabHost]
    for (const ways of [{ mdns: false }, { beacon: false }]) {
      const [a, b] = [device(first, ways), device(second, ways)]
      await linked(a, b)
      for (const away of [0, 1_500]) {
        const before = told(b, 'link').length
        await second.removeNic()
        if (away > 0) {
          // Long enough to be noticed: without any interface it says so.
          await until('its links to end', () => openTo(b).length === 0)
          await until('its state', () => told(b, 'status').at(-1)?.state === 'unavailable')
        }
        await net.plug(second, 'eth0', bridge, 2)
        if (away === 0) {
          // The connection may live on; what must work again is being found.
          const other = device(first, { ...ways, port: 0 })
          await until(
            'being found',
            () => told(b, 'link').length > before && openTo(other).length > 0,
          )
          await other.stop()
        } else {
          await until('a new link', () => told(b, 'link').length > before && openTo(b).length > 0)
        }
      }
      await Promise.all([a.stop(), b.stop()])
    }
  },
)

await labTest('an interface that comes after the start is used', NEEDS, async () => {
  const { hosts, bridge, net } = await lanOf(2)
  const [first, second] = hosts as [LabHost, LabHost]
  await second.removeNic()
  const [a, b] = [device(first), device(second)]
  await until('its state', () => told(b, 'status').at(-1)?.state === 'unavailable')
  await net.plug(second, 'eth0', bridge, 2)
  await linked(a, b)
})

await labTest('two networks: each device of one computer’s two is found', NEEDS, async () => {
  const { hosts, net } = await lanOf(2)
  const [first, middle] = hosts as [LabHost, LabHost]
  const other = await net.bridge()
  const third = await net.host('far', other, 3)
  await net.plug(middle, 'eth1', other, 2)
  const children = [device(first), device(middle), device(third)] as const
  await until('both links', () => new Set(openTo(children[1])).size === 2)
  // The two ends of a link come to know of it at their own times.
  await until('the link at the first', () => new Set(openTo(children[0])).size === 1)
})

await labTest('several programs on one computer share the ports', NEEDS, async () => {
  const { hosts } = await lanOf(2)
  const [first, second] = hosts as [LabHost, LabHost]
  const children = [device(first), device(first), device(second)]
  await until('all three links', () => children.every((child) => openTo(child).length >= 2))
})

await labTest('announcements blocked altogether: a remembered address links', NEEDS, async () => {
  const { hosts } = await lanOf(2)
  const [first, second] = hosts as [LabHost, LabHost]
  for (const host of [first, second]) await host.drop('meta l4proto udp')
  const a = device(first, { port: 4_000 })
  const b = device(second, { known: ['10.77.0.1:4000'] })
  await linked(a, b)
})

await labTest(
  'a link cut without a word is replaced as soon as core doubts it',
  NEEDS,
  async () => {
    const { hosts } = await lanOf(2)
    const [first, second] = hosts as [LabHost, LabHost]
    const [a, b] = [device(first, { port: 4_000 }), device(second, { port: 4_000 })]
    await linked(a, b)
    // Everything of the connections there are is lost from now on; new ones get through.
    const ports = (await first.run('ss', '-Htn')).matchAll(/:(\d+)/g)
    const used = [...new Set([...ports].map(([, port]) => port))].filter((port) => port !== '4000')
    expectSame(used.length > 0, true)
    for (const host of [first, second])
      await host.drop(`tcp sport { ${used.join(',')} }`, `tcp dport { ${used.join(',')} }`)
    const links = [a, b].map((child) => told(child, 'link').length)
    let doubted = 0
    await until('a second link', () => {
      // Again, as a doubt lasts some seconds only, in which a busy computer may come to nothing.
      if (performance.now() - doubted > 1_000) {
        for (const child of [a, b]) process.kill(child.pid!, 'SIGUSR2')
        doubted = performance.now()
      }
      return [a, b].every((child, i) => told(child, 'link').length > links[i]!)
    })
    // It came before the system gave up the first.
    expectSame([...told(a, 'close'), ...told(b, 'close')], [])
  },
)

await labTest(
  'beside Avahi on both computers mDNS alone still finds',
  { ...NEEDS, packages: [...NEEDS.packages, 'avahi-daemon'] },
  async () => {
    const { hosts } = await lanOf(2)
    const [first, second] = hosts as [LabHost, LabHost]
    // A mount namespace of its own keeps its socket and pid file away from the computer's.
    const config = '[server]\\nenable-dbus=no\\n'
    const avahi =
      `mount -t tmpfs t /run && printf '${config}' > /run/avahi.conf && ` +
      'exec avahi-daemon -f /run/avahi.conf --no-drop-root --no-chroot --no-rlimits'
    const before = first.start('unshare', ['-m', 'sh', '-c', avahi])
    await until('Avahi', async () => (await first.run('ss', '-Hlun')).includes(':5353'))
    const children = [device(first, { beacon: false }), device(second, { beacon: false })] as const
    const after = second.start('unshare', ['-m', 'sh', '-c', avahi])
    await linked(...children)
    expectSame([before.running, after.running], [true, true])
  },
)
