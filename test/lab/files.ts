/** Files that are sent while computers come and go, over cables that are slow, lose packets and are pulled. */
import { changed, comeAndGo, messagesFirst, threeAtOnce } from './files-sources.ts'
import { fullDisk } from './files-full-disk.ts'
import { control, policy } from './files-persons.ts'
import { rounds } from './files-rounds.ts'
import { calm, meet, smallDisk } from './files-world.ts'
import type { FilesScale, Street } from './files-world.ts'
import type { Scenario } from './scenario.ts'
import { filesOf, sameBytes } from './shared-files.ts'
import { diskBytes } from './content.ts'

const PARTS: readonly (readonly [string, (street: Street) => Promise<void>])[] = [
  ['through a third', throughThird],
  ['a folder', folder],
  ['messages while a file is under way', messagesFirst],
  ['a source leaves and comes back', comeAndGo],
  ['three sources at once', threeAtOnce],
  ['a source that changes', changed],
  ['a policy', policy],
  ['paused, resumed, cancelled, deleted', control],
  ['a full disk', fullDisk],
  ['rounds of trouble', rounds],
]

/** The scenario in this size. */
export function filesScenario(scale: FilesScale): Scenario {
  return {
    name: 'files',
    says: 'files and folders while computers come and go: resumed, from several at once, through a third, disks full, killed at random',
    packages: ['iproute2', 'nftables', 'python3'],
    async run(lab) {
      const { steps, network } = lab
      const disk = await smallDisk(lab)
      try {
        await steps.part('a room with people in it', async () => {
          const street = await meet(lab, scale, disk)
          const { a, b, c, d } = street
          for (const [name, body] of PARTS) {
            await calm(street)
            await steps.part(name, () => body(street))
          }
          await steps.step('every node ends as it should', async () => {
            for (const node of [a, b, c, d]) await node.stop()
          })
        })
      } finally {
        // Whatever runs on the disk ends first.
        await network.remove()
        await disk.unmount()
      }
    },
  }
}

export const files = filesScenario({ rounds: 20, sizes: 1 })

async function throughThird({ lab: { steps }, a, b, c, files, made }: Street): Promise<void> {
  const content = await made.file('while you were out.bin', 6)
  const sent = await steps.step('b is away, a sends a file, c gets it, a leaves', async () => {
    await b.stop()
    const before = await diskBytes(filesOf(a))
    const { id, size } = await files.send(a, content)
    if (size !== content.bytes) throw new Error(`file send says ${size} bytes`)
    const grown = (await diskBytes(filesOf(a))) - before
    steps.figure('sent file grows the sender’s disk by', (100 * grown) / size, '%')
    await files.whole(c, id, content)
    await a.stop()
    return id
  })
  await steps.step('b comes back, and has it from c, byte for byte', async () => {
    await b.start()
    const from = performance.now()
    await files.whole(b, sent, content)
    steps.figure('back on the network to file there', (performance.now() - from) / 1_000, 's')
    await a.start()
  })
  await steps.step('nothing is left over', async () => {
    for (const node of [b, c]) await files.tidy(node)
  })
}

async function folder({ lab, a, b, c, files, made }: Street): Promise<void> {
  const { steps, directory } = lab
  const content = await made.folder('Summer', 400, 8)
  await steps.step(`a folder of ${content.files} files arrives as it was`, async () => {
    const from = performance.now()
    const { id } = await files.send(a, content)
    for (const node of [b, c]) await files.whole(node, id, content)
    steps.figure('folder sent to there at two', (performance.now() - from) / 1_000, 's')
  })
  const single = await made.file('letter.bin', 1)
  await steps.step('a file is put where its reader wants it, and never over another', async () => {
    const { id } = await files.send(a, single)
    const out = `${directory}/letter of a.bin`
    const got = (await files.act(b, 'get', id, '--out', out)) as { path: string; size: number }
    if (got.path !== out || got.size !== single.bytes) throw new Error(JSON.stringify(got))
    await sameBytes(out, single)
    const code = await b.refused('file', 'get', files.room, id, '--out', out)
    if (code !== 'EXISTS') throw new Error(`the second get was refused with ${code}`)
    await sameBytes(out, single)
  })
}
