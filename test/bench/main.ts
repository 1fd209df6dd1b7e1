/** `npm run bench [-- NAME…]`: measures beside peers that do the same work in the same run. */
import { parseArgs } from 'node:util'
import type { Bench } from './bench.ts'
import { benches } from './benches.ts'
import { circumstances, saveResult } from './results-file.ts'
import { runBench } from './run-bench.ts'
import { formatResult } from './table.ts'

const USAGE = `npm run bench [-- NAME… [--quick] [--seconds N]]

Without a name, all run, one after another:
${benches.map(({ name, says }) => `  ${name.padEnd(10)} ${says}`).join('\n')}

  --quick      fewer messages and runs: to see that it works, not for figures
  --seconds N  how long idle watches (default 60)

Tables go to stdout, progress to stderr, and each result to bench/results/NAME.json.
Exit 0 when everything ran, whether or not the targets were reached.`

interface Wanted {
  readonly chosen: readonly Bench[]
  readonly quick: boolean
  readonly seconds: number | undefined
}

async function main(argv: readonly string[]): Promise<number> {
  const wanted = read(argv)
  if (typeof wanted === 'number') return wanted
  const signal = interrupted()
  let failed = 0
  for (const bench of wanted.chosen) {
    if (signal.aborted) return 1
    if (!(await measure(bench, wanted, signal))) failed++
  }
  return failed === 0 ? 0 : 1
}

/** What to run, or the exit code when that is not clear. */
function read(argv: readonly string[]): Wanted | number {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        quick: { type: 'boolean' },
        seconds: { type: 'string' },
      },
    })
    if (values.help) {
      console.log(USAGE)
      return 0
    }
    const unknown = positionals.find((name) => !benches.some((bench) => bench.name === name))
    if (unknown !== undefined) throw new Error(`There is no benchmark "${unknown}".`)
    const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
    if (seconds !== undefined && !(seconds >= 1 && seconds <= 3_600)) {
      throw new Error('--seconds takes a number from 1 to 3600.')
    }
    const chosen = benches.filter(
      ({ name }) => positionals.length === 0 || positionals.includes(name),
    )
    return { chosen, quick: values.quick ?? false, seconds }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    return 2
  }
}

/** Runs one and shows its result; false when it could not be run to its end. */
async function measure(
  bench: Bench,
  { quick, seconds }: Wanted,
  signal: AbortSignal,
): Promise<boolean> {
  const { name } = bench
  const why = await bench.unavailable()
  if (why !== null) {
    console.error(`The benchmark ${name} cannot run here: it ${why}.`)
    return false
  }
  const facts = await circumstances()
  const from = performance.now()
  const say = (line: string): void => console.error(`${name}: ${line}`)
  try {
    const result = await runBench(bench, { quick, seconds, say, signal })
    const took = Math.round((performance.now() - from) / 1_000)
    const file = await saveResult(name, result, { ...facts, quick, seconds: took })
    console.log(`${formatResult(name, result)}\n`)
    console.error(`${name}: ${took} s; ${file}`)
    return true
  } catch (error) {
    console.error(`The benchmark ${name} failed: ${String(error)}`)
    return false
  }
}

/** Aborts at the first Ctrl-C, so that nodes and namespaces are gone before this process ends. */
function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => controller.abort())
  }
  return controller.signal
}

process.exitCode = await main(process.argv.slice(2))
