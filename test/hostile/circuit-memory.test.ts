import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { MAX_DATA } from '../../core/circuit/messages.ts'
import { seededRandom } from '../../core/random.ts'
import { until } from '../compliance/until.ts'
import { CraftedPeer } from './crafted-peer.ts'
import { Street } from './street.ts'

const random = seededRandom(Number(process.env.HOSTILE_SEED ?? 31))
const GROWTH_MB = 20
const LONG = 120_000
/** Answers to one find of one neighbour that are passed on. */
const ANSWERS = 4

let street: Street

beforeAll(async () => {
  street = await Street.open()
}, LONG)

afterEach(() => street.expectPeace())

afterAll(() => street.close())

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Two peers of one address at the victim, and an answer of the second to a find of the first. */
async function pair(address: string): Promise<{ here: CraftedPeer; there: CraftedPeer }> {
  const port = await street.door(address)
  const [here, there] = [await CraftedPeer.dial(port), await CraftedPeer.dial(port)]
  for (const peer of [here, there]) await peer.hears('rooms')
  return { here, there }
}

/** As many answers to one find as are passed on. */
async function ways(
  here: CraftedPeer,
  there: CraftedPeer,
): Promise<{ id: Buffer; answers: Buffer[] }> {
  const answers = Array.from({ length: ANSWERS }, () => random.bytes(16))
  here.circuits.heard.length = 0
  // The victim may not have heard yet that the other end knows circuits: then nobody is asked.
  const id = await until('a find', async () => {
    const sent = random.bytes(16)
    here.circuits.send.find.send({ id: sent, hops: 8, tags: answers })
    for (let n = 0; n < 200; n++) {
      if (there.circuits.said('find').some((find) => find.id.equals(sent))) return sent
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return undefined
  })
  for (const answer of answers) there.circuits.send.found.send({ id, answer })
  await until('the answers', () => here.circuits.said('found').length === ANSWERS)
  return { id, answers }
}

test(
  'A11: circuits of strangers that nobody reads, as many as there can be and full, are bounded in memory',
  async () => {
    const growth = await street.growth(async () => {
      const peers: CraftedPeer[] = []
      for (let n = 1; n <= 8; n++) {
        const { here, there } = await pair(`198.51.100.${n}`)
        peers.push(here, there)
        for (let round = 0; round < 2; round++) {
          const { id, answers } = await ways(here, there)
          for (const [i, answer] of answers.entries()) {
            // The dialling side opens under odd numbers.
            const circuit = 2 * (ANSWERS * round + i) + 1
            here.circuits.send.open.send({ circuit, id, answer })
            for (let k = 0; k < 3; k++) {
              here.circuits.send.data.send({ circuit, data: Buffer.alloc(MAX_DATA, 1) })
            }
          }
        }
        await until('the circuits', () => there.circuits.said('open').length === 2 * ANSWERS)
        // Nothing of what comes is read, and no credit is given.
        there.socket.pause()
        there.stream.pause()
      }
      await street.expectPeace()
      expect(peers.map(({ closed }) => closed)).not.toContain(true)
      for (const peer of peers) peer.leave()
    })
    expect(growth).toBeLessThan(GROWTH_MB)
  },
  LONG,
)

test(
  'A14: ten thousand finds and opens of strangers are bounded in memory',
  async () => {
    const growth = await street.growth(async () => {
      for (let n = 1; n <= 10; n++) {
        const { here, there } = await pair(`198.51.100.${100 + n}`)
        for (let i = 0; i < 1_000 && !here.closed; i++) {
          const tags = Array.from({ length: 32 }, () => random.bytes(16))
          here.circuits.send.find.send({ id: random.bytes(16), hops: 8, tags })
          if (i % 20 === 0) await turn()
        }
        for (let i = 0; i < 1_000 && !there.closed; i++) {
          const [id, answer] = [random.bytes(16), random.bytes(16)]
          there.circuits.send.open.send({ circuit: 2 * i + 1, id, answer })
          if (i % 20 === 0) await turn()
        }
        await here.dropped()
        await there.dropped()
      }
    })
    expect(growth).toBeLessThan(GROWTH_MB)
  },
  LONG,
)
