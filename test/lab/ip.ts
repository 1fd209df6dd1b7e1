import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs a program of the administrator's to its end; rejects with what it wrote to stderr. */
export async function admin(program: string, ...args: string[]): Promise<string> {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`
  try {
    const { stdout } = await run(program, args, { env: { ...process.env, PATH: path } })
    return stdout
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    throw new Error(`${program} ${args.join(' ')}: ${stderr.trim() || String(error)}`)
  }
}

/** Runs `ip`; the arguments in one string, separated by spaces. */
export function ip(args: string): Promise<string> {
  return admin('ip', ...args.split(' '))
}
