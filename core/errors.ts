/** Every error that Porchlight throws on purpose: a stable code, and a sentence a person can act on. */
export type ErrorCode =
  | 'BAD_ADDRESS'
  | 'BAD_CONFIG'
  | 'BAD_INVITE'
  | 'BAD_REQUEST'
  | 'BAD_TOPIC'
  | 'ALREADY_RUNNING'
  | 'AMBIGUOUS'
  | 'CHANGED'
  | 'CLOSED'
  | 'DAMAGED'
  | 'DISK_FULL'
  | 'EXISTS'
  | 'FORBIDDEN'
  | 'INCOMPLETE'
  | 'INTERNAL'
  | 'LOCKED'
  | 'MALFORMED'
  | 'MISMATCH'
  | 'NOT_ALLOWED'
  | 'NOT_FOUND'
  | 'NOT_RUNNING'
  | 'OVERLOADED'
  | 'PORT_IN_USE'
  | 'RATE_LIMITED'
  | 'TIMED_OUT'
  | 'TOO_LARGE'
  | 'UNAUTHORIZED'
  | 'UNAVAILABLE'
  | 'UNREACHABLE'
  | 'WAITING'
  | 'WRONG_PASSPHRASE'

const HTTP_STATUS: Partial<Record<ErrorCode, number>> = {
  BAD_ADDRESS: 400,
  BAD_INVITE: 400,
  BAD_REQUEST: 400,
  TOO_LARGE: 413,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  AMBIGUOUS: 409,
  WAITING: 409,
  MISMATCH: 409,
  EXISTS: 409,
  CHANGED: 409,
  LOCKED: 423,
  WRONG_PASSPHRASE: 403,
  RATE_LIMITED: 429,
  DISK_FULL: 507,
  TIMED_OUT: 504,
  UNREACHABLE: 502,
  UNAVAILABLE: 503,
  OVERLOADED: 503,
}

/** An error for people: its message says what happened, what is safe and what to do next. */
export class PorchlightError extends Error {
  readonly code: ErrorCode
  /** The HTTP status of the local API for this error. */
  readonly status: number

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PorchlightError'
    this.code = code
    this.status = HTTP_STATUS[code] ?? 500
  }
}

/** What a log may carry of an error, as its words may have names and paths in them: its code, and that of its cause. */
export function errorCode(error: unknown): string {
  const cause = (error as { cause?: unknown } | null | undefined)?.cause
  return cause === undefined ? codeOf(error) : `${codeOf(error)} (${codeOf(cause)})`
}

function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  const said = [code, name].find((one) => typeof one === 'string' && /^\w{1,64}$/.test(one))
  return typeof said === 'string' ? said : 'unknown'
}
