/** Node.js with nothing in it as a participant: the least that an idle program in it can take. */
import { serve } from '../measure/serve.ts'

const calls = {
  pid: (): number => process.pid,
}

export type IdleNodeCalls = typeof calls

serve(calls)
