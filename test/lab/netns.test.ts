import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { labTest } from '../setup/lab-test.ts'
import { ip } from './ip.ts'
import type { LabHost } from './lab-host.ts'
import { LabNetwork } from './netns.ts'
import { prefix } from './stale.ts'

const needs = { namespaces: true, packages: ['iproute2', 'nftables', 'python3'] }
const SERVER = `require('node:net').createServer((s) => s.end('hello')).listen(9000, () => console.log('up'))`
const CLIENT = `
  const socket = require('node:net').connect(9000, process.argv[1])
  socket.setTimeout(Number(process.argv[2]), () => socket.destroy(new Error('silence')))
  socket.on('data', (text) => console.log(String(text)))`
const POUR = `require('node:net').createServer((s) => s.end(Buffer.alloc(1e6))).listen(9000, () => console.log('up'))`
const DRINK = `
  const from = performance.now()
  const socket = require('node:net').connect(9000, process.argv[1])
  let [first, bytes] = [0, 0]
  socket.setTimeout(Number(process.argv[2]), () => socket.destroy(new Error('silence')))
  socket.on('data', (data) => {
    first ||= performance.now() - from
    bytes += data.length
  })
  socket.on('end', () => console.log(JSON.stringify({ first, bytes, last: performance.now() - from })))`

/** Milliseconds to the first byte and to the last. */
interface Drunk {
  readonly first: number
  readonly last: number
  readonly bytes: number
}

/** How long silence may last: where an answer must come, and where none can. */
const [PATIENT, IMPATIENT] = [60_000, 1_000]

const ask = (host: LabHost, address: string, patience = PATIENT): Promise<string> =>
  host.run(process.execPath, '-e', CLIENT, address, String(patience))

const drink = (host: LabHost, patience = PATIENT): Promise<string> =>
  host.run(process.execPath, '-e', DRINK, '10.77.0.1', String(patience))

const listing = (): Promise<string> => ip('-o link show')

await labTest('hosts of a lab meet on their switch and nowhere else', needs, async () => {
  const before = await listing()
  const network = new LabNetwork()
  try {
    const [first, second] = [await network.bridge(), await network.bridge()]
    const a = await network.host('a', first, 1)
    const b = await network.host('b', first, 2)
    const far = await network.host('far', second, 1)
    assert.equal(await listing(), before)
    const server = a.start(process.execPath, ['-e', SERVER])
    await server.line('the server')
    assert.equal(await ask(b, '10.77.0.1'), 'hello')
    assert.doesNotMatch(await ip(`-n ${a.namespace} route`), /default/)
    await assert.rejects(ask(far, '10.77.0.1'), /ENETUNREACH/)

    await b.unplug()
    await assert.rejects(ask(b, '10.77.0.1', IMPATIENT))
    await b.replug()
    assert.equal(await ask(b, '10.77.0.1'), 'hello')

    await b.removeNic()
    await network.plug(b, 'eth0', first, 2)
    assert.equal(await ask(b, '10.77.0.1'), 'hello')

    await network.plug(far, 'eth1', first, 3)
    assert.equal(await ask(far, '10.77.0.1'), 'hello')
    await a.drop('tcp dport 9000')
    await assert.rejects(ask(b, '10.77.0.1', IMPATIENT), /silence/)
    assert.ok(server.running)
    await network.remove()
    assert.ok(!server.running)
  } finally {
    await network.remove()
  }
  assert.equal(await listing(), before)
  assert.ok(!(await ip('netns list')).includes(prefix))
})

await labTest('what a killed lab left behind is removed by the next one', needs, async () => {
  const gone = spawn('true')
  await once(gone, 'close')
  const left = `porchlight-${gone.pid}-left`
  await ip(`netns add ${left}`)
  const sleeper = spawn('ip', ['netns', 'exec', left, 'sleep', '600'])
  const ended = once(sleeper, 'close')
  const network = new LabNetwork()
  try {
    await network.bridge()
    assert.ok(!(await ip('netns list')).includes(left))
    assert.equal((await ended)[1], 'SIGKILL')
  } finally {
    sleeper.kill('SIGKILL')
    await network.remove()
  }
})

await labTest(
  'a slow bridge delays and loses, and a host sends no faster than it may',
  needs,
  async () => {
    const network = new LabNetwork()
    try {
      const bridge = await network.bridge({ delay: 40, jitter: 10, loss: 0.01 })
      const [a, b] = [await network.host('a', bridge, 1), await network.host('b', bridge, 2)]
      const server = a.start(process.execPath, ['-e', POUR])
      await server.line('the server')
      const from = await b.received()
      const slow = JSON.parse(await drink(b)) as Drunk
      // There and back, twice: a connection, then the first bytes.
      assert.ok(slow.first >= 2 * 2 * 30, `the first bytes came after ${slow.first} ms`)
      assert.equal(slow.bytes, 1_000_000)
      assert.ok((await b.received()) - from > 1_000_000)
      await a.limit(1e6)
      const limited = JSON.parse(await drink(b)) as Drunk
      assert.ok(limited.last >= 800, `a megabyte came in ${limited.last} ms`)
      await b.unplug()
      await assert.rejects(drink(b, IMPATIENT))
      await b.replug()
      await drink(b)
    } finally {
      await network.remove()
    }
  },
)
