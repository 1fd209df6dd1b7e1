import { existsSync, readFileSync } from 'node:fs'
import { admin } from '../../lab/ip.ts'

/** What a process took from the computer. */
export interface Usage {
  /** The most memory that was resident, in bytes. */
  readonly peakRss: number
  /** Seconds of CPU, user and system. */
  readonly cpu: number
}

/** What this very process has taken so far. */
export function ownUsage(): Usage {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  // Linux lets a child begin with its parent's maxRSS; the high-water mark of its own memory does not.
  const own = existsSync('/proc/self/status') ? statusBytes('self', 'VmHWM') : maxRSS * 1_024
  return { peakRss: own, cpu: (userCPUTime + systemCPUTime) / 1e6 }
}

/** What any running process takes now; Linux alone tells. */
export async function usageOf(pid: number): Promise<Usage & { readonly rss: number }> {
  const ticks = Number(await admin('getconf', 'CLK_TCK'))
  // The name in brackets may hold spaces; the fields after it are counted from the state.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  const cpu = (Number(fields[11]) + Number(fields[12])) / ticks
  return { cpu, rss: statusBytes(pid, 'VmRSS'), peakRss: statusBytes(pid, 'VmHWM') }
}

function statusBytes(pid: number | 'self', field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  if (kilobytes === undefined) throw new Error(`process ${pid} does not tell its ${field}`)
  return Number(kilobytes) * 1_024
}
