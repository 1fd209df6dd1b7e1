/** A whole Porchlight node and a program that uses its local API, as a participant: files are sent and fetched, and people chat. */
import type { FileView } from '../../../core/files/api.ts'
import { segment, roomPath } from '../../../node-app/cli/paths.ts'
import { serve } from '../measure/serve.ts'
import { monotonic } from '../measure/timing.ts'
import { Daemon } from './daemon.ts'

const LONG_MS = 900_000

let node: Daemon
let room = ''
let talking: NodeJS.Timeout | undefined
const sent = new Map<string, number>()
const sending = new Set<Promise<unknown>>()

const calls = {
  /** Starts it; gives its process. */
  async start(parent: string, name: string, beaconPort: number | null): Promise<number> {
    node = await Daemon.start(parent, name, beaconPort ?? undefined)
    await node.follow()
    return node.pid
  },
  linked: (): Promise<void> => node.linked(),
  async createRoom(): Promise<string> {
    room = await node.createRoom('Bench')
    return room
  },
  invite: (): Promise<string> => node.invite(room),
  async join(invite: string, id: string): Promise<void> {
    room = id
    await node.join(invite, id)
  },
  /** After a restart: what it was a member of before. */
  enter(id: string): void {
    room = id
  },
  /** Sends a file or folder; gives when that was asked for, and its id. */
  async sendFile(path: string): Promise<{ from: number; file: string }> {
    const from = monotonic()
    const { id } = await post<FileView>('', { path })
    return { from, file: id }
  },
  fileShown: (name: string): Promise<string> => node.fileShown(name),
  /** Fetches a file; gives when that was asked for, and when it was complete. */
  async getFile(file: string, out?: string): Promise<{ from: number; to: number; path: string }> {
    const from = monotonic()
    const body = out === undefined ? {} : { out }
    const { path } = await post<{ path: string }>(`/${segment(file, 'The file')}/get`, body)
    return { from, to: monotonic(), path }
  },
  /** What it has of a file. */
  async have(file: string): Promise<number> {
    const path = roomPath(room, `/files/${segment(file, 'The file')}`)
    return (await node.api.get<FileView>(path)).have
  },
  /** From now on writes a message every so many milliseconds. */
  talk(prefix: string, everyMs: number): void {
    talking = setInterval(() => {
      const text = `${prefix} ${sent.size}`
      sent.set(text, monotonic())
      const one = node.send(room, text).catch(() => {})
      sending.add(one)
      void one.finally(() => sending.delete(one))
    }, everyMs)
  },
  /** Ends that; gives when each was asked to be sent. */
  async quiet(): Promise<[text: string, at: number][]> {
    clearInterval(talking)
    await Promise.all(sending)
    return [...sent]
  },
  seenAt: (text: string): Promise<number> => node.seenAt(text),
  seen: (prefix: string): [text: string, at: number][] => node.seen(prefix),
  kill: (): Promise<void> => node.kill(),
  stop: (): Promise<void> => node.close(),
}

export type FileDaemonCalls = typeof calls

function post<T>(path: string, body: object): Promise<T> {
  const { signal } = new AbortController()
  return node.api.postAndWait<T>(roomPath(room, `/files${path}`), body, LONG_MS, signal)
}

serve(calls, () => node.close())
