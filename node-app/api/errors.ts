import type { FastifyError } from 'fastify'
import { PorchlightError } from '../../core/errors.ts'
import { badRequestWords } from './bad-request-words.ts'

/** What a client sees of an error: never a stack, a path or another library's words about our data. */
export interface Answer {
  readonly status: number
  readonly body: { error: { code: string; message: string } }
}

/** The answer to an error that a route or the framework raised; `INTERNAL` for all we did not foresee. */
export function answerTo(error: unknown): Answer {
  const known = error instanceof PorchlightError ? error : fromFramework(error as FastifyError)
  return { status: known.status, body: { error: { code: known.code, message: known.message } } }
}

function fromFramework(error: FastifyError): PorchlightError {
  if (error.validation !== undefined) {
    return new PorchlightError('BAD_REQUEST', badRequestWords(error.validation))
  }
  if (error.statusCode === 413)
    return new PorchlightError('TOO_LARGE', 'A request holds at most 64 kB.')
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new PorchlightError(
      'BAD_REQUEST',
      'The request could not be read as JSON for this address.',
    )
  }
  return new PorchlightError(
    'INTERNAL',
    'Something went wrong inside the node; nothing was lost. Its log says more.',
  )
}
