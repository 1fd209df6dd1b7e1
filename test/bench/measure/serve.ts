import { ownUsage } from './usage.ts'

/** What a participant can be asked to do. */
export type Calls = Record<string, (...args: never[]) => unknown>

export interface Request {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

export interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** Makes this process a participant: it answers its parent's calls, and ends with it, after `onend`. */
export function serve(calls: Calls, onend: () => unknown = () => {}): void {
  const all: Record<string, (...args: never[]) => unknown> = { ...calls, usage: ownUsage }
  process.on('message', ({ id, name, args }: Request) => {
    const call = all[name] as ((...args: readonly unknown[]) => unknown) | undefined
    Promise.resolve()
      .then(() => {
        if (!call) throw new Error(`this participant has no ${name}`)
        return call(...args)
      })
      .then(
        (value) => reply({ id, value }),
        (error: unknown) => reply({ id, error: String(error) }),
      )
  })
  process.on('disconnect', () => {
    void Promise.resolve(onend()).finally(() => process.exit(0))
  })
}

function reply(answer: Reply): void {
  process.send?.(answer)
}
