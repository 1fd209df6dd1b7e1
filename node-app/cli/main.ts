import { Command, CommanderError } from 'commander'
import { PorchlightError } from '../../core/errors.ts'
import { chooseDataDir } from '../data-dir.ts'
import { version } from '../package-root.ts'
import { ApiClient } from './client.ts'
import { addBlock } from './commands/block.ts'
import { addCarry } from './commands/carry.ts'
import { addDevice } from './commands/device.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEdit } from './commands/edit.ts'
import { addFile } from './commands/file.ts'
import { addIdentity } from './commands/identity.ts'
import { addInvite } from './commands/invite.ts'
import { addJoin } from './commands/join.ts'
import { addLock } from './commands/lock.ts'
import { addMember } from './commands/member.ts'
import { addMessages } from './commands/messages.ts'
import { addMirror } from './commands/mirror.ts'
import { addOpen } from './commands/open.ts'
import { addPins } from './commands/pins.ts'
import { addProfile } from './commands/profile.ts'
import { addReact } from './commands/react.ts'
import { addRoom } from './commands/room.ts'
import { addRoomRules } from './commands/room-rules.ts'
import { addSearch } from './commands/search.ts'
import { addSend } from './commands/send.ts'
import { addStart } from './commands/start.ts'
import { addStatus } from './commands/status.ts'
import { addStop } from './commands/stop.ts'
import { addTransport } from './commands/transport.ts'
import { addVerify } from './commands/verify.ts'
import { addWarnings } from './commands/warnings.ts'
import { addWipe } from './commands/wipe.ts'
import type { CommandContext } from './context.ts'
import { examples } from './examples.ts'
import { processIo, type Io } from './io.ts'
import { Output } from './output.ts'
import { plainLines } from './terminal-text.ts'

const DONE = 0
const REFUSED = 1
const WRONG_USAGE = 2

/** Runs one call of the command line; `argv` without the program's name. Resolves with the exit code. */
export function main(argv: string[]): Promise<number> {
  return runCli(argv, processIo())
}

/** The same on any streams. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    await createProgram(io).parseAsync(argv, { from: 'user' })
    return DONE
  } catch (error) {
    if (error instanceof CommanderError) {
      // An action's own complaint about an argument was not printed yet.
      if (error.code === 'commander.invalidArgument' && !error.message.startsWith('error:')) {
        io.stderr.write(`error: BAD_USAGE ${error.message}\n`)
      }
      return error.exitCode === 0 ? DONE : WRONG_USAGE
    }
    const known = error instanceof PorchlightError ? error : unforeseen(error)
    // A sentence may quote what others are called.
    io.stderr.write(`error: ${known.code} ${plainLines(known.message).join('\n')}\n`)
    return REFUSED
  }
}

function createProgram(io: Io): Command {
  const program = new Command('porchlight')
  program
    .description(
      'Talk with the people around you over whatever connects you: no server, no account.',
    )
    .version(version, '-V, --version', 'print the version')
    .option('--data <dir>', 'the data directory of the node (or PORCHLIGHT_DATA)')
    .option('--json', 'print JSON: one document, of a stream one a line')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('(-h says how)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'error: BAD_USAGE ')),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      examples(
        ['porchlight start', 'run the node; leave it running'],
        ['porchlight room create harbour', 'a place to talk'],
        ['porchlight invite harbour', 'the link that lets others in'],
        ['porchlight send harbour Hello', ''],
        ['porchlight messages harbour --follow', ''],
      ),
    )
  const dir = (): string => chooseDataDir(program.opts<{ data?: string }>().data, io.env)
  const context: CommandContext = {
    io,
    dir,
    out: () => new Output(io, program.opts<{ json?: true }>().json === true),
    client: () => ApiClient.connect(dir()),
  }
  addStart(program, context)
  addStop(program, context)
  addOpen(program, context)
  addStatus(program, context)
  addDoctor(program, context)
  addTransport(program, context)
  addRoomRules(addRoom(program, context), context)
  addInvite(program, context)
  addJoin(program, context)
  addMember(program, context)
  addSend(program, context)
  addMessages(program, context)
  addSearch(program, context)
  addFile(program, context)
  addMirror(program, context)
  addCarry(program, context)
  addEdit(program, context)
  addReact(program, context)
  addPins(program, context)
  addVerify(program, context)
  addBlock(program, context)
  addWarnings(program, context)
  addDevice(program, context)
  const identity = program.command('identity').description('who you are to others')
  addIdentity(identity, context)
  addProfile(identity, context)
  addLock(program, context)
  addWipe(program, context)
  for (const group of program.commands) group.helpCommand(false)
  return program
}

function unforeseen(error: unknown): PorchlightError {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC') {
    return new PorchlightError('DISK_FULL', 'The disk is full: free some space and try again.')
  }
  return new PorchlightError('INTERNAL', message)
}
