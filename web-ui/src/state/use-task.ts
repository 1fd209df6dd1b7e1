import { useRef, useState } from 'preact/hooks'
import { sentence } from '../api/api-failure.ts'

/** One thing a person set going: whether it runs, and what it said when it failed. */
export interface Task {
  readonly busy: boolean
  readonly failure: string | null
  run(work: () => Promise<void>): void
}

export function useTask(): Task {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const running = useRef(false)
  const run = (work: () => Promise<void>): void => {
    if (running.current) return
    running.current = true
    setBusy(true)
    setFailure(null)
    void work()
      .catch((error: unknown) => setFailure(sentence(error)))
      .finally(() => {
        running.current = false
        setBusy(false)
      })
  }
  return { busy, failure, run }
}
