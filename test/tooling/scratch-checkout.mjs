import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** This checkout. */
export const here = resolve(import.meta.dirname, '../..')

/**
 * A checkout of its own in the temporary folder: this one's set-up, and `files` by their paths.
 * With `packages` it shares this one's node_modules.
 */
export async function scratchCheckout(files, { packages = false } = {}) {
  const root = await mkdtemp(join(tmpdir(), 'porchlight-setup-'))
  for (const part of ['node-app/setup', 'setup.mjs', '.npmrc']) {
    await cp(join(here, part), join(root, part), { recursive: true })
  }
  if (packages) {
    await symlink(join(here, 'node_modules'), join(root, 'node_modules'))
    await cp(join(here, 'package-lock.json'), join(root, 'package-lock.json'))
  }
  const checkout = {
    root,
    remove: () => rm(root, { recursive: true, force: true }),
    async write(path, text) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    },
    /** Runs node with `args` in it. */
    run: (args, env = {}) => runNode(args, root, env),
  }
  for (const [path, text] of Object.entries(files)) await checkout.write(path, text)
  return checkout
}

function runNode(args, cwd, env) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env } })
    const told = { stdout: '', stderr: '' }
    child.stdout.on('data', (data) => (told.stdout += data))
    child.stderr.on('data', (data) => (told.stderr += data))
    child.on('error', fail)
    child.on('close', (code) => done({ code, ...told }))
  })
}
