/** What a person reads when an address they typed could not be linked. */
import { PorchlightError } from '../../core/errors.ts'
import type { DialResult } from './dialler.ts'

/** Undefined when there is a link. `shown` is the address dialled. */
export function explainDial(shown: string, result: DialResult): PorchlightError | undefined {
  switch (result.outcome) {
    case 'common':
    case 'unwanted':
      return undefined
    case 'self':
      return new PorchlightError(
        'BAD_ADDRESS',
        `${shown} is this device itself. Type the address that the other device shows.`,
      )
    case 'stranger':
      return new PorchlightError(
        'UNREACHABLE',
        `${shown} runs Porchlight, but it wants no links with this device now. Check that its local ` +
          'network is switched on and that both have the same version.',
      )
    case 'failed':
      return new PorchlightError(
        'UNREACHABLE',
        `${shown} answered, but not as Porchlight does. Check the port: the other device shows it.`,
      )
    case 'unreachable':
      return new PorchlightError('UNREACHABLE', whyUnreachable(shown, result.error), {
        cause: result.error,
      })
  }
}

function whyUnreachable(shown: string, error: Error): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ECONNREFUSED') {
    return (
      `${shown} is there, but nothing listens on that port. Check that Porchlight runs on it, and ` +
      'the port it shows.'
    )
  }
  if (code === 'ENETUNREACH' || code === 'ENETDOWN') {
    return `This device has no way to ${shown}. Check that both are on the same network.`
  }
  return (
    `${shown} did not answer. Check that the device is on, that both are on the same network, and ` +
    'that no firewall on it blocks Porchlight.'
  )
}
