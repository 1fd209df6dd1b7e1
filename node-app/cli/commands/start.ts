import type { Command } from 'commander'
import { homedir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../../core/clock.ts'
import { PorchlightError } from '../../../core/errors.ts'
import type { Logger } from '../../../core/logger.ts'
import type { SharingSettings } from '../../../core/mirror/api.ts'
import { systemRandom } from '../../../core/random.ts'
import { checkName } from '../../../core/room/names.ts'
import type { BrowserLink } from '../../api/schemas.ts'
import { describeConfig } from '../../config-keys.ts'
import { readConfig } from '../../config.ts'
import type { Daemon } from '../../daemon.ts'
import { DataLock } from '../../lock.ts'
import { createLogger, describeError, logLevel, type LogLevel } from '../../log.ts'
import { ApiClient } from '../client.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import type { Io } from '../io.ts'
import { wholeNumber } from '../numbers.ts'
import type { Output } from '../output.ts'

const DEFAULT_PORT = 4747
/** A node that holds the lock may still be on its way up. */
const ANSWERS_WITHIN = 10_000
const LINGER_LIMIT = 5_000

interface StartFlags {
  port?: number
  name?: string
  lan?: boolean
  ble?: boolean
  dht?: boolean
  dhtBootstrap?: string
  neighbourhood?: boolean
}

/** `porchlight start` */
export function addStart(program: Command, context: CommandContext): void {
  program
    .command('start')
    .option(
      '--port <n>',
      `the port of the page (default ${DEFAULT_PORT}; 0: any free one)`,
      wholeNumber(0, 65_535),
    )
    .option('--name <nick>', 'your nickname')
    .option('--lan', 'look for people on the local network (the default)')
    .option('--no-lan', 'leave the local network alone')
    .option('--ble', 'look for people by Bluetooth (the default)')
    .option('--no-ble', 'leave Bluetooth alone')
    .option('--dht', 'meet members over the internet (the default)')
    .option('--no-dht', 'leave the internet alone')
    .option('--dht-bootstrap <host:port,…>', 'use the DHT of these nodes instead of the public one')
    .option('--neighbourhood', 'keep rooms for others, unread, and relay for them, from now on')
    .option('--no-neighbourhood', 'keep nothing more for others')
    .description('run the node in the foreground')
    .addHelpText(
      'after',
      [
        examples(
          ['porchlight start --name Ada', 'then open the link it prints'],
          ['porchlight start --port 0 --data /tmp/other', 'a second node, beside the first'],
          [
            'PORCHLIGHT_PASSPHRASE=… porchlight start',
            'unlocked at once, where there is a passphrase',
          ],
          ['LOG_LEVEL=debug porchlight start', 'with a log on standard error'],
        ),
        '',
        'config.json in the data directory may set, as an object; options go before it:',
        describeConfig(),
        '',
        'A second start on the same data says where the first one runs and changes nothing (exit 0;',
        'with --json it is refused with ALREADY_RUNNING, exit 1).',
      ].join('\n'),
    )
    .action(async (flags: StartFlags, command: Command) => {
      const { io, dir, out } = context
      const pid = await DataLock.holder(dir())
      if (pid !== undefined) {
        const given = Object.keys(flags).filter(
          (name) => command.getOptionValueSource(name) === 'cli',
        )
        return sayRunning(dir(), pid, given, out())
      }
      await run(dir(), flags, io, out())
    })
}

async function run(dir: string, flags: StartFlags, io: Io, out: Output): Promise<void> {
  if (flags.name !== undefined) checkName(flags.name)
  const config = await readConfig(dir)
  const quiet: LogLevel = out.json ? 'info' : 'warn'
  const level = logLevel(io.env['LOG_LEVEL'], logLevel(config.logLevel, quiet))
  const logger = createLogger(
    level,
    (line) => io.stderr.write(line),
    () => systemClock.now(),
  )
  // Loaded here alone, so that the other commands start at once.
  const { Daemon: Node } = await import('../../daemon.ts')
  const { openEngine } = await import('../../../core/engine.ts')
  const { workerPool } = await import('../../../core/files/work/worker-pool.ts')
  const { TidyWork, collectYoung } = await import('../../tidy-work.ts')
  const { LanTransport } = await import('../../../transports/lan/index.ts')
  const { bluetooth } = await import('../../bluetooth.ts')
  const { internet } = await import('../../internet.ts')
  const shared = { clock: systemClock, random: systemRandom, logger }
  const beaconPort = config.lanBeaconPort
  // Outlives the engines of a node that is locked and unlocked.
  const chunkWork = new TidyWork(workerPool(shared), collectYoung())
  const lan = new LanTransport({
    ...shared,
    ...(config.lanPort === undefined ? {} : { port: config.lanPort }),
    ...(beaconPort === undefined ? {} : { beaconPort }),
    ...(config.lanLoopback === undefined ? {} : { loopback: config.lanLoopback }),
  })
  const ble = bluetooth(flags, config, shared)
  const dht = await internet(dir, flags, config, shared)
  // Listened to from here on, so that neither can end the process half-way through the opening.
  const failed = onFailure(logger)
  const over = AbortSignal.any([io.interrupted(), failed])
  const daemon = await Node.start({
    ...shared,
    dir,
    name: flags.name ?? config.name,
    port: flags.port ?? config.port ?? DEFAULT_PORT,
    transports: [{ transport: lan, on: flags.lan ?? config.lan ?? true }, ble, dht],
    beaconPort,
    openEngine: (options) => openEngine({ ...options, chunkWork }),
    passphrase: io.env['PORCHLIGHT_PASSPHRASE'] || undefined,
    autoLock: config.autoLock,
    sharing: sharingOf(flags.neighbourhood ?? config.neighbourhood, config.mirrorQuota),
  })
  const stop = (): void => void daemon.close()
  over.addEventListener('abort', stop, { once: true })
  if (over.aborted) stop()
  else await sayReady(daemon, dir, out)
  await daemon.closed
  await chunkWork.close()
  // Closed is closed: what a library forgot to let go of must not keep the process.
  setTimeout(() => process.exit(process.exitCode), LINGER_LIMIT).unref()
  if (failed.aborted) {
    throw new PorchlightError(
      'INTERNAL',
      'The node failed and closed its data; the log above says where. Start it again.',
    )
  }
}

function sharingOf(
  neighbourhood: boolean | undefined,
  quota: number | undefined,
): Partial<SharingSettings> | undefined {
  if (neighbourhood === undefined && quota === undefined) return undefined
  return {
    ...(neighbourhood === undefined ? {} : { neighbourhood }),
    ...(quota === undefined ? {} : { quota }),
  }
}

/**
 * Aborts at an error that nobody caught: the state in memory is not to be trusted any more, the data
 * on disk is. Ends the process if closing hangs.
 */
function onFailure(logger: Logger): AbortSignal {
  const failure = new AbortController()
  const fail = (error: unknown): void => {
    logger.error('node.failed', describeError(error))
    if (failure.signal.aborted) return
    setTimeout(() => process.exit(1), LINGER_LIMIT * 2).unref()
    failure.abort()
  }
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  return failure.signal
}

async function sayReady(daemon: Daemon, dir: string, out: Output): Promise<void> {
  const { url, locked } = daemon
  const link = daemon.browserLink()
  await out.result({ ready: true, url, pid: process.pid, locked }, () => {
    const home = homedir()
    const shortDir = dir.startsWith(`${home}/`) ? `~${dir.slice(home.length)}` : dir
    return [
      out.style('bold', locked ? 'Porchlight is running, and locked.' : 'Porchlight is running.'),
      ...(locked
        ? [
            'Until you unlock it, in the page or with `porchlight unlock`, nothing is sent or received.',
          ]
        : []),
      '',
      `  Open  ${out.style('cyan', link)}`,
      `        ${out.style('dim', 'this link works once, for ten minutes; `porchlight open` makes another')}`,
      `  Data  ${shortDir}`,
      '',
      'Ctrl-C stops it.',
    ].join('\n')
  })
}

/** A second start: for a person that is an answer, for a program a refusal. `given`: options of this call. */
async function sayRunning(
  dir: string,
  pid: number,
  given: readonly string[],
  out: Output,
): Promise<void> {
  const end = Date.now() + ANSWERS_WITHIN
  for (;;) {
    try {
      const node = await ApiClient.connect(dir)
      const link = await node.post<BrowserLink>('/link')
      if (out.json)
        throw alreadyRunning(`Porchlight is running already at ${node.url} (process ${pid}).`)
      await out.line(
        `Porchlight is running already at ${node.url} (process ${pid}).\n\n  Open  ${out.style('cyan', link.url)}`,
      )
      if (given.length > 0) {
        out.notice(
          `It goes on as it was started: what you said of ${given.join(', ')} changed nothing. To change it: porchlight stop, then start again.`,
        )
      }
      return
    } catch (error) {
      const waiting = error instanceof PorchlightError && error.code === 'NOT_RUNNING'
      if (!waiting) throw error
      if (Date.now() > end) {
        throw alreadyRunning(
          `Process ${pid} holds ${dir} but does not answer. End it, then start again: nothing gets lost.`,
        )
      }
    }
    await pause(100)
  }
}

function alreadyRunning(message: string): PorchlightError {
  return new PorchlightError('ALREADY_RUNNING', message)
}
