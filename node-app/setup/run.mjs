import { spawn } from 'node:child_process'

/** A failure that is told in one sentence, without a stack. */
export class SetupError extends Error {}

/** Runs a program without a shell of its own; resolves with its exit code and all that it printed. */
export function run(command, args, { cwd, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const shell = process.platform === 'win32' && command === 'npm'
    const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    // npm works on for a while after a SIGTERM, in a folder that the next set-up clears away.
    const stop = () => child.kill('SIGKILL')
    process.once('exit', stop)
    child.on('error', reject)
    child.on('close', (code) => {
      process.off('exit', stop)
      resolve({ code, output: Buffer.concat(chunks).toString() })
    })
  })
}
