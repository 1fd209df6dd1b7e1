import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { basename, join } from 'node:path'
import { LabProcess } from '../../lab/lab-process.ts'
import { TooSlow } from '../measure/participant.ts'
import { monotonic, pause, until } from '../measure/timing.ts'
import { patience } from './contestant.ts'
import type { FileContestant, Job } from './contestant.ts'
import { linkTree } from './sample-data.ts'
import { freePort } from './side.ts'
import type { Side } from './side.ts'

const KEY = 'porchlight-bench'
const LIMIT_MS = 60_000
const POLL_MS = 20
/** Folders it shares from its start on: one for each job. */
const FOLDERS = ['one', 'two'] as const

interface Instance {
  readonly side: Side
  readonly home: string
  readonly id: string
  readonly port: number
}

/** Two instances that know each other's address; from the order to scan to nothing being needed at the other. */
export const syncthing: FileContestant = {
  name: 'Syncthing',
  open: async (from, to, directory) => {
    const a = await prepare(from, join(directory, 'a'))
    const b = await prepare(to, join(directory, 'b'))
    const children: LabProcess[] = []
    const close = (): Promise<unknown> => Promise.all(children.map((child) => child.stop()))
    try {
      for (const [own, other] of [
        [a, b],
        [b, a],
      ] as const) {
        await writeFile(join(own.home, 'config.xml'), configOf(own, other))
        for (const folder of FOLDERS)
          await mkdir(join(own.home, folder, '.stfolder'), { recursive: true })
        children.push(own.side.start('syncthing', ['serve', `--home=${own.home}`, '--no-browser']))
      }
      await until('Syncthing to be connected', () => connected(a, b), LIMIT_MS)
      await until('Syncthing to have scanned', () => idle(a, b), LIMIT_MS)
    } catch (error) {
      await close()
      throw error
    }
    let jobs = 0
    return {
      sender: { pid: children[0]!.pid!, self: true },
      receiver: { pid: children[1]!.pid!, self: true },
      async transfer(job) {
        const folder = FOLDERS[jobs++]!
        const name = basename(job.source)
        await linkTree(job.source, join(a.home, folder, name))
        const started = monotonic()
        await call(a, 'POST', `/rest/db/scan?folder=${folder}`)
        await arrived(b, folder, job)
        return {
          seconds: (monotonic() - started) / 1_000,
          alone: null,
          path: join(b.home, folder, name),
        }
      },
      close,
    }
  },
}

/** Makes its keys. */
async function prepare(side: Side, home: string): Promise<Instance> {
  await mkdir(home, { recursive: true })
  await run(['generate', `--home=${home}`, '--no-default-folder'])
  const id = (await run(['serve', `--home=${home}`, '--device-id'])).trim()
  return { side, home, id, port: await freePort() }
}

async function run(args: readonly string[]): Promise<string> {
  const child = new LabProcess('syncthing', args)
  const { code } = await child.ended
  if (code !== 0) throw new Error(`syncthing ${args.join(' ')}: ${child.errors.trim()}`)
  return child.lines.join('\n')
}

/** Its defaults, but for what would reach beyond the two, act without being asked, or yield to other programs. */
function configOf(own: Instance, other: Instance): string {
  const folders = FOLDERS.map(
    (
      folder,
    ) => `<folder id="${folder}" label="${folder}" path="${join(own.home, folder)}" type="sendreceive" rescanIntervalS="0" fsWatcherEnabled="false" autoNormalize="true">
    <device id="${own.id}"></device><device id="${other.id}"></device></folder>`,
  )
  const device = ({ id, side, port }: Instance): string =>
    `<device id="${id}" name="${side.name}"><address>tcp://${side.address}:${port}</address></device>`
  return `<configuration version="36">
  ${folders.join('\n  ')}
  ${device(own)}
  ${device(other)}
  <gui enabled="true" tls="false"><address>${socketOf(own)}</address><apikey>${KEY}</apikey></gui>
  <options>
    <listenAddress>tcp://${own.side.address}:${own.port}</listenAddress>
    <globalAnnounceEnabled>false</globalAnnounceEnabled>
    <localAnnounceEnabled>false</localAnnounceEnabled>
    <relaysEnabled>false</relaysEnabled>
    <natEnabled>false</natEnabled>
    <urAccepted>-1</urAccepted>
    <crashReportingEnabled>false</crashReportingEnabled>
    <autoUpgradeIntervalH>0</autoUpgradeIntervalH>
    <startBrowser>false</startBrowser>
    <announceLANAddresses>false</announceLANAddresses>
    <setLowPriority>false</setLowPriority>
    <reconnectionIntervalS>5</reconnectionIntervalS>
  </options>
</configuration>
`
}

/** Its API is asked from outside of its namespace. */
function socketOf({ home }: Instance): string {
  return join(home, 'api.sock')
}

async function connected(...instances: readonly Instance[]): Promise<boolean> {
  const lists = await Promise.all(
    instances.map((instance) =>
      call<{ connections: Record<string, { connected: boolean }> }>(
        instance,
        'GET',
        '/rest/system/connections',
      ).catch(() => null),
    ),
  )
  return lists.every((list) =>
    Object.values(list?.connections ?? {}).some((connection) => connection.connected),
  )
}

interface FolderStatus {
  readonly state: string
  readonly globalFiles: number
  readonly globalBytes: number
  readonly needTotalItems: number
  readonly needBytes: number
}

const statusOf = (instance: Instance, folder: string): Promise<FolderStatus> =>
  call<FolderStatus>(instance, 'GET', `/rest/db/status?folder=${folder}`)

async function idle(...instances: readonly Instance[]): Promise<boolean> {
  const states = await Promise.all(
    instances.flatMap((instance) =>
      FOLDERS.map(async (folder) => (await statusOf(instance, folder)).state),
    ),
  )
  return states.every((state) => state === 'idle')
}

/** Polls until everything is there and nothing is needed. */
async function arrived(at: Instance, folder: string, job: Job): Promise<void> {
  const { bytes, files } = job
  const end = monotonic() + patience(job)
  for (;;) {
    const { globalBytes, globalFiles, needTotalItems, state } = await statusOf(at, folder)
    const all = globalBytes >= bytes && globalFiles >= (files ?? 1)
    if (all && needTotalItems === 0 && state === 'idle') return
    if (monotonic() > end)
      throw new TooSlow(
        `Syncthing did not get all: ${JSON.stringify({ globalBytes, globalFiles, needTotalItems, state })}`,
      )
    await pause(POLL_MS)
  }
}

function call<T>(instance: Instance, method: string, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath: socketOf(instance), path, method, headers: { 'x-api-key': KEY } },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.once('error', reject)
        response.once('end', () => {
          if (response.statusCode !== 200) return reject(new Error(`${path}: ${text.trim()}`))
          resolve((text === '' ? null : JSON.parse(text)) as T)
        })
      },
    )
    sent.once('error', reject)
    sent.end()
  })
}
