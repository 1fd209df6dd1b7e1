/** A file with one violation, or with none. */
export interface LintCase {
  file: string
  source: string
  /** The rule that must speak; null where nothing may. */
  rule: string | null
}

const LAYERS = 'porchlight(layers)'
const GLOBALS = 'eslint(no-restricted-globals)'
const PROPERTIES = 'eslint(no-restricted-properties)'
const IMPORTS = 'eslint(no-restricted-imports)'

const imports = (file: string, what: string, rule: string | null): LintCase => ({
  file,
  source: `import '${what}'\n`,
  rule,
})
const uses = (file: string, expression: string, rule: string | null): LintCase => ({
  file,
  source: `export const value: unknown = ${expression}\n`,
  rule,
})

/** One case for each thing that the lint rules forbid, beside what they must let pass. */
export const LINT_CASES: readonly LintCase[] = [
  imports('core/a.ts', '../transports/lan/lan.ts', LAYERS),
  imports('core/room/a.ts', '../../node-app/cli/main.ts', LAYERS),
  imports('core/a.ts', '../web-ui/src/app.ts', LAYERS),
  imports('core/a.ts', '../test/sim/net.ts', LAYERS),
  imports('core/a.ts', 'node:net', LAYERS),
  imports('core/a.ts', 'dgram', LAYERS),
  imports('core/a.ts', 'node:tls', LAYERS),
  imports('core/a.ts', 'node:http', LAYERS),
  imports('core/a.ts', 'fastify', LAYERS),
  imports('core/a.ts', '@fastify/static', LAYERS),
  imports('core/a.ts', 'hyperswarm', LAYERS),
  imports('core/room/a.ts', '../errors.ts', null),
  imports('core/a.ts', 'node:fs/promises', null),
  { file: 'core/a.ts', source: "export * from '../transports/a.ts'\n", rule: LAYERS },
  {
    file: 'core/a.ts',
    source: "export const load = () => import('../node-app/a.ts')\n",
    rule: LAYERS,
  },
  { file: 'core/a.ts', source: "export type A = import('../test/a.ts').A\n", rule: LAYERS },

  imports('transports/lan/a.ts', '../../core/room/room.ts', LAYERS),
  imports('transports/lan/a.ts', '../../node-app/config.ts', LAYERS),
  imports('transports/lan/a.ts', '../../test/a.ts', LAYERS),
  imports('transports/lan/a.ts', '../../core/clock.ts', null),
  imports('transports/lan/a.ts', '../../core/transport.ts', null),
  imports('transports/lan/a.ts', 'node:net', null),

  imports('node-app/a.ts', '../web-ui/src/app.ts', LAYERS),
  imports('node-app/a.ts', '../test/a.ts', LAYERS),
  imports('node-app/a.ts', '../transports/lan/lan.ts', null),

  imports('web-ui/src/a.ts', '../../core/errors.ts', LAYERS),
  imports('web-ui/src/a.ts', '../../node-app/api/schemas.ts', LAYERS),
  imports('web-ui/src/a.ts', 'node:fs', LAYERS),
  {
    file: 'web-ui/src/a.ts',
    source: "export type { Room } from '../../node-app/api/schemas.ts'\n",
    rule: null,
  },
  {
    file: 'web-ui/src/a.ts',
    source: "export type { Room } from '../../node-app/api/server.ts'\n",
    rule: LAYERS,
  },

  uses('core/a.ts', 'Date.now()', GLOBALS),
  uses('core/a.ts', 'new Date()', GLOBALS),
  uses('core/a.ts', 'performance.now()', GLOBALS),
  uses('core/a.ts', 'setTimeout(() => {}, 1)', GLOBALS),
  uses('transports/a.ts', 'setInterval(() => {}, 1)', GLOBALS),
  uses('transports/a.ts', 'setImmediate(() => {})', GLOBALS),
  uses('core/a.ts', 'crypto.randomUUID()', GLOBALS),
  uses('core/a.ts', 'Math.random()', PROPERTIES),
  uses('transports/a.ts', 'Math.random()', PROPERTIES),
  uses('core/a.ts', 'AbortSignal.timeout(5)', PROPERTIES),
  uses('core/a.ts', 'globalThis.setTimeout(() => {}, 1)', PROPERTIES),
  uses('core/a.ts', 'process.hrtime.bigint()', PROPERTIES),
  imports('core/a.ts', 'node:timers', IMPORTS),
  imports('transports/a.ts', 'node:timers/promises', IMPORTS),
  imports('core/a.ts', 'node:perf_hooks', IMPORTS),
  {
    file: 'core/a.ts',
    source: "import { randomBytes } from 'node:crypto'\nexport const value = randomBytes(4)\n",
    rule: IMPORTS,
  },
  uses('core/clock.ts', 'setTimeout(() => {}, Date.now())', null),
  uses('core/random.ts', 'Math.random()', null),
  uses('node-app/a.ts', 'Date.now()', null),

  {
    file: 'core/a.ts',
    source: 'const wait = async () => 1\nexport function go(): void {\n  wait()\n}\n',
    rule: 'typescript(no-floating-promises)',
  },
  {
    file: 'node-app/a.ts',
    source: 'export const go = (l: number[]) => l.forEach(async () => Promise.resolve())\n',
    rule: 'typescript(no-misused-promises)',
  },
  {
    file: 'node-app/a.ts',
    source: 'export async function go(n: number): Promise<number> {\n  return await n\n}\n',
    rule: 'typescript(await-thenable)',
  },
  {
    file: 'node-app/a.ts',
    source: 'export const go = (value: any): unknown => value\n',
    rule: 'typescript(no-explicit-any)',
  },
  {
    file: 'node-app/a.ts',
    source: '// @ts-ignore\nexport const n: number = 1\n',
    rule: 'typescript(ban-ts-comment)',
  },
  uses('node-app/a.ts', 'console.log(1)', 'eslint(no-console)'),
  uses('node-app/cli/a.ts', 'console.log(1)', null),
  {
    file: 'test/unit/a.test.ts',
    source: "import { test } from '@jest/globals'\ntest.skip('x', () => {})\n",
    rule: 'jest(no-disabled-tests)',
  },
  {
    file: 'test/unit/a.test.ts',
    source: "import { test } from '@jest/globals'\ntest.only('x', () => {})\n",
    rule: 'jest(no-focused-tests)',
  },
]
