/** Runs programs as their parent, as a participant: what a program took is known when it has ended. */
import { LabProcess } from '../../lab/lab-process.ts'
import { serve } from '../measure/serve.ts'
import { monotonic } from '../measure/timing.ts'

let child: LabProcess | null = null

const calls = {
  /** Runs one to its end; gives the seconds. */
  async run(program: string, args: string[]): Promise<number> {
    const from = monotonic()
    child = new LabProcess(program, args)
    const { code } = await child.ended
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${child.errors.trim()}`)
    return (monotonic() - from) / 1_000
  },
}

export type FileRunnerCalls = typeof calls

serve(calls, () => child?.stop())
