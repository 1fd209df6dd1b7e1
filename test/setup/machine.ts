import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const POLICY = '/usr/sbin/policy-rc.d'
const execute = promisify(execFile)

/** The computer that the tests run on, as far as the labs ask for it. */
export interface Machine {
  /** True for root: network namespaces and installing packages need it. */
  root: boolean
  /** True with CI=true, when nothing may be left out. */
  ci: boolean
  /** True when a program of this name is in PATH or among the administrator's. */
  has(program: string): boolean
  /** Runs a program and resolves with its output; rejects when it fails or is not here. */
  run(program: string, args: readonly string[]): Promise<string>
  /** Keeps packages from starting their services when installed, until the function it returns is called. */
  holdServices(): () => void
}

/** The computer itself. */
export const thisMachine: Machine = {
  root: process.getuid?.() === 0,
  ci: process.env.CI === 'true',
  has: (program) => findProgram(program, process.env.PATH ?? '') !== null,
  async run(program, args) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const { stdout } = await execute(program, args, { env, maxBuffer: 2 ** 26 })
    return stdout
  },
  holdServices() {
    // A daemon that a lab starts in its own namespace must not also run as a service here.
    if (existsSync(POLICY)) return () => {}
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    return () => rmSync(POLICY, { force: true })
  },
}

/** The path of a program in the folders of `path` or among the administrator's, or null. */
export function findProgram(name: string, path: string): string | null {
  const folders = [...path.split(delimiter), '/usr/sbin', '/sbin'].filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
